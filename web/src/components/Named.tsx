import { useT, type TextKey } from "../i18n";
import styles from "./Named.module.css";

interface Props {
  /** Where the names of such things stand among the texts. */
  names: "operations.names" | "semantics";
  /** What the platform calls it. */
  code: string;
}

/** A thing as people call it, where the page knows that, and as the platform does. */
export function Named({ names, code }: Props) {
  const t = useT();
  const key = `${names}.${code}` as TextKey;
  return (
    <span className={styles.named} title={code}>
      {t.has(key) && <span>{t(key)}</span>}
      <code>{code}</code>
    </span>
  );
}
