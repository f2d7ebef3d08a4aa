import { Label } from "react-aria-components/Label";
import { Meter as AriaMeter } from "react-aria-components/Meter";
import styles from "./Meter.module.css";

interface Props {
  label: string;
  /** 0 to 1; null is not known. */
  share: string | number | null | undefined;
  /** The share in words and digits, with its unit. */
  text: string;
  tone?: "accent" | "good" | "warn" | "bad" | undefined;
}

/** A share of a whole, as a bar and in digits. */
export function Meter({ label, share, text, tone = "accent" }: Props) {
  const value = Math.min(Math.max(Number(share ?? 0), 0), 1);
  return (
    <AriaMeter className={styles.meter} value={value} maxValue={1} valueLabel={text}>
      <Label>{label}</Label>
      <span className={styles.text}>{text}</span>
      <span className={`${styles.track} ${styles[tone]}`}>
        <span className={styles.bar} style={{ width: `${value * 100}%` }} />
      </span>
    </AriaMeter>
  );
}
