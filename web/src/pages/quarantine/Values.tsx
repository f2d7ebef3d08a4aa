import styles from "./QuarantinePage.module.css";

/** The values of a message as they were sent; what is no number stands out. */
export function Values({ values }: { values: unknown }) {
  return (
    <ul className={styles.values}>
      {Object.entries(Object(values) as Record<string, unknown>).map(([key, value]) => (
        <li key={key}>
          <code>
            {key} = <span className={typeof value === "number" ? undefined : styles.odd}>{JSON.stringify(value)}</span>
          </code>
        </li>
      ))}
    </ul>
  );
}
