import { useId, type ReactNode } from "react";
import styles from "./Panel.module.css";

interface Props {
  title: ReactNode;
  /** What stands at the title's right: a badge, a button. */
  aside?: ReactNode;
  children: ReactNode;
  className?: string | undefined;
}

/** A part of a page with a heading of its own. */
export function Panel({ title, aside, children, className }: Props) {
  const id = useId();
  return (
    <section className={[styles.panel, className].filter(Boolean).join(" ")} aria-labelledby={id}>
      <header className={styles.head}>
        <h2 id={id}>{title}</h2>
        {aside && <div className={styles.aside}>{aside}</div>}
      </header>
      {children}
    </section>
  );
}
