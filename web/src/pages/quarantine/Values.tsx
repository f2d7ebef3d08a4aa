import type { QuarantinedDevice } from "../../api/quarantine";
import styles from "./QuarantinePage.module.css";

/** The values of a message as they were sent; where numbers are missing, what is no number stands out. */
export function Values({ values, reason }: Pick<QuarantinedDevice, "values" | "reason">) {
  return (
    <ul className={styles.values}>
      {Object.entries(Object(values) as Record<string, unknown>).map(([key, value]) => (
        <li key={key}>
          <code>
            {key} ={" "}
            <span className={reason === "unusable_value" && typeof value !== "number" ? styles.odd : undefined}>
              {JSON.stringify(value)}
            </span>
          </code>
        </li>
      ))}
    </ul>
  );
}
