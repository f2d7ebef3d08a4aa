import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useT } from "../i18n";
import styles from "./DataTable.module.css";
import { Icon } from "./Icon";

export interface Column<Row> {
  key: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the end, under each other. */
  align?: "end";
  /** The cell that names the row for screen readers; it stays in view on a narrow screen. */
  rowHeader?: boolean;
  /** What rows are sorted by; those where it isn't known come last in either order. */
  sort?: (row: Row) => SortKey;
  /** Has a line of its own in a card. */
  wide?: boolean;
}

interface Props<Row> {
  /** What the table shows, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** The column that the rows come sorted by; a click on another sorts here. */
  sortedBy?: string;
  /** Height of a row in pixels, the same for all: rows out of view aren't rendered. */
  rowHeight?: number;
  /** Where there is no room for a row it becomes a card, each cell with its column's header; else the table scrolls. */
  cards?: boolean;
}

type SortKey = string | number | null | undefined;

interface Order {
  column: string;
  descending: boolean;
}

// Below this many all rows are in the document, so that the browser's own search finds them.
const virtualFrom = 80;

/** A native table that stays quick with tens of thousands of rows. Arrow keys move between the rows' links. */
export function DataTable<Row>({ label, columns, rows, rowKey, sortedBy, rowHeight = 40, cards }: Props<Row>) {
  const t = useT();
  const scroller = useRef<HTMLDivElement>(null);
  const [order, setOrder] = useState<Order | null>(sortedBy ? { column: sortedBy, descending: false } : null);

  const sorted = useMemo(() => {
    const sort = columns.find((c) => c.key === order?.column)?.sort;
    if (!order || !sort) return rows;
    return rows.toSorted((a, b) => compareKeys(sort(a), sort(b), order.descending ? -1 : 1));
  }, [rows, columns, order]);

  const virtual = sorted.length > virtualFrom;
  const virtualizer = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    enabled: virtual,
  });
  const items = virtualizer.getVirtualItems();
  const first = virtual ? (items[0]?.index ?? 0) : 0;
  const last = virtual ? (items.at(-1)?.index ?? -1) : sorted.length - 1;
  const above = items[0]?.start ?? 0;
  const below = virtual ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;

  return (
    // Focus is for scrolling by keys.
    <div
      ref={scroller}
      className={[styles.scroller, virtual && styles.virtual, cards && styles.cards].filter(Boolean).join(" ")}
      role="group"
      aria-label={label}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
    >
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys go to the links inside */}
      <table className={styles.table} aria-label={label} aria-rowcount={sorted.length + 1} onKeyDown={moveBetweenRows}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={cellClass(column)}
                aria-sort={order?.column === column.key ? (order.descending ? "descending" : "ascending") : undefined}
              >
                {column.sort ? (
                  <button
                    type="button"
                    className={styles.sorter}
                    title={t("table.sort")}
                    onClick={() =>
                      setOrder({ column: column.key, descending: order?.column === column.key && !order.descending })
                    }
                  >
                    {column.header}
                    <Icon name="sort" size={14} />
                  </button>
                ) : (
                  column.header
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Gap height={above} columns={columns.length} />}
          {sorted.slice(first, last + 1).map((row, i) => (
            <RowInView
              key={rowKey(row)}
              row={row}
              columns={columns}
              index={first + i}
              height={rowHeight}
              // Cards are as high as what they hold.
              measure={virtual && cards ? virtualizer.measureElement : undefined}
            />
          ))}
          {below > 0 && <Gap height={below} columns={columns.length} />}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps<Row> {
  row: Row;
  columns: readonly Column<Row>[];
  index: number;
  height: number;
  measure: ((row: Element | null) => void) | undefined;
}

// Scrolling renders the rows that come into view, not those that stay.
const RowInView = memo(function RowInView<Row>({ row, columns, index, height, measure }: RowProps<Row>) {
  return (
    <tr ref={measure} data-index={index} aria-rowindex={index + 2} style={{ "--height": `${height}px` }}>
      {columns.map((column) =>
        column.rowHeader ? (
          <th key={column.key} scope="row" className={cellClass(column)}>
            {column.cell(row)}
          </th>
        ) : (
          <td key={column.key} className={cellClass(column)} data-header={column.header}>
            {column.cell(row)}
          </td>
        ),
      )}
    </tr>
  );
}) as <Row>(props: RowProps<Row>) => ReactNode;

function Gap({ height, columns }: { height: number; columns: number }) {
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} className={styles.gap} style={{ height }} />
    </tr>
  );
}

function cellClass<Row>({ align, rowHeader, wide }: Column<Row>): string {
  return [align === "end" && styles.end, rowHeader && styles.rowHeader, wide && styles.wide].filter(Boolean).join(" ");
}

function compareKeys(a: SortKey, b: SortKey, direction: 1 | -1): number {
  if (a == null || b == null) return Number(a == null) - Number(b == null);
  return direction * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
}

function moveBetweenRows(event: KeyboardEvent<HTMLTableElement>) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = (event.target as HTMLElement).closest("tbody tr");
  const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  const target = next?.querySelector<HTMLElement>("a, button");
  if (!target) return;
  event.preventDefault();
  target.focus();
}
