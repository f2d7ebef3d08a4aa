import type { ReactNode } from "react";
import styles from "./SideBySide.module.css";

interface Props {
  /** What the table shows, for screen readers. */
  label: string;
  /** The heading of the names. */
  names: string;
  columns: readonly string[];
  rows: readonly { key: string; name: string; cells: readonly ReactNode[] }[];
}

/** A few things compared: a column for each, a row for what is compared. Where it is narrow, names stand above several. */
export function SideBySide({ label, names, columns, rows }: Props) {
  return (
    <div className={styles.scroller}>
      <table
        className={columns.length > 1 ? `${styles.table} ${styles.several}` : styles.table}
        style={{ "--columns": columns.length }}
      >
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            <th scope="col">{names}</th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, name, cells }) => (
            <tr key={key}>
              <th scope="row">{name}</th>
              {cells.map((cell, i) => (
                <td key={columns[i]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
