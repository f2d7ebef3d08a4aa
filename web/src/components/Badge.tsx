import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";
import styles from "./Badge.module.css";

export type Tone = "neutral" | "good" | "warn" | "bad";

const icons: Partial<Record<Tone, IconName>> = { good: "check", warn: "warning", bad: "error" };

/** A state in a word. Its tone has an icon as well as a colour. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  const icon = icons[tone];
  return (
    <span className={`${styles.badge} ${styles[tone]}`}>
      {icon && <Icon name={icon} size={14} />}
      <span>{children}</span>
    </span>
  );
}
