import { useEffect, useRef, type KeyboardEvent } from "react";
import type { Settlement } from "../../api/settlements";
import type { StationSummary } from "../../api/stations";
import { Icon } from "../../components/Icon";
import { Panel } from "../../components/Panel";
import { add, negate, places } from "../../format/decimal";
import { useFormat } from "../../format/format";
import { addDays } from "../../format/zone";
import { useT } from "../../i18n";
import { weeks } from "./month";
import styles from "./MonthCalendar.module.css";

interface Props {
  month: string;
  day: string;
  today: string;
  settlements: Settlement[];
  station: StationSummary;
  onDay: (date: string, byKey?: boolean) => void;
  /** The day that was chosen by a key takes the focus, which another month's calendar begins without. */
  focused: string | undefined;
}

const kindOf = (s: Settlement) => (Number(s.netAmount) < 0 ? "credit" : "cost");

/** What a day's status is shown by, beside its colour. */
const signs = {
  provisional: { icon: "warning", of: (s: Settlement) => s.provisional },
  again: { icon: "refresh", of: (s: Settlement) => s.version > 1 && s.status !== "frozen" },
  frozen: { icon: "lock", of: (s: Settlement) => s.status === "frozen" },
} as const;

const signsOf = (s: Settlement) => (["provisional", "again", "frozen"] as const).filter((sign) => signs[sign].of(s));

/** The month's days, each with its net amount; the deeper the colour the greater it is. */
export function MonthCalendar({ month, day, today, settlements, station, onDay, focused }: Props) {
  const t = useT();
  const format = useFormat(station.timezone);
  const byDate = new Map(settlements.map((s) => [s.date, s]));
  // All days in one precision: with decimals where those of every day have room.
  const short = settlements.every((s) => s.netAmount.length <= 5);
  const most = Math.max(0, ...settlements.map((s) => Math.abs(Number(s.netAmount))));

  const cell = (date: string) => {
    const s = byDate.get(date);
    const net = Number(s?.netAmount ?? 0);
    const state = s
      ? format.list([
          ...new Set([
            t(`settlements.statuses.${s.status}`),
            ...signsOf(s).map((sign) => t(`settlements.legend.${sign}`)),
          ]),
        ])
      : date >= today
        ? t("settlements.open")
        : t("settlements.unsettled");
    const amount = s ? format.money(s.netAmount, s.currency) : "";
    return (
      <button
        type="button"
        className={[styles.day, styles[s ? kindOf(s) : "unsettled"], s?.provisional && styles.provisional]
          .filter(Boolean)
          .join(" ")}
        style={{ "--share": most > 0 ? `${Math.round((Math.abs(net) / most) * 34)}%` : "0%" }}
        aria-current={date === day ? "date" : undefined}
        tabIndex={date === day ? 0 : -1}
        data-date={date}
        onClick={() => onDay(date)}
      >
        <span className="visually-hidden">
          {format.list([format.date(date, "weekday"), amount, state].filter(Boolean))}
        </span>
        <span className={styles.number} aria-hidden="true">
          {Number(date.slice(8))}
          {s && signsOf(s).map((sign) => <Icon key={sign} name={signs[sign].icon} size={13} />)}
        </span>
        <span className={styles.amount} aria-hidden="true">
          {s ? format.roughly(s.netAmount, short ? places(s.netAmount) : 0) : "–"}
        </span>
      </button>
    );
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onDay(addDays(day, step), true);
  };

  const table = useRef<HTMLTableElement>(null);
  useEffect(() => {
    if (day === focused) table.current?.querySelector<HTMLElement>(`[data-date="${day}"]`)?.focus();
  }, [day, focused]);

  const currency = settlements[0]?.currency ?? station.currency;
  const total = (of: (s: Settlement) => string) => format.money(settlements.map(of).reduce(add), currency);
  return (
    <Panel title={t("settlements.calendar")} aside={currency}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys move between its buttons */}
      <table ref={table} className={styles.calendar} onKeyDown={onKeyDown}>
        <caption className="visually-hidden">{format.date(`${month}-01`, "month")}</caption>
        <thead>
          <tr>
            {/* Any week from a Monday on. */}
            {[5, 6, 7, 8, 9, 10, 11].map((n) => (
              <th key={n} scope="col">
                {format.date(`2026-01-${String(n).padStart(2, "0")}`, "dayOfWeek")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks(month).map((week) => (
            <tr key={week.find(Boolean)}>
              {week.map((date, i) => (
                <td key={date ?? i}>{date && cell(date)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <ul className={styles.legend}>
        {(["cost", "credit", "unsettled"] as const).map(
          (kind) =>
            (kind === "unsettled"
              ? weeks(month).flat().filter(Boolean).length > settlements.length
              : settlements.some((s) => kindOf(s) === kind)) && (
              <li key={kind}>
                <span className={`${styles.swatch} ${styles[kind]}`} />
                {t(`settlements.legend.${kind}`)}
              </li>
            ),
        )}
        {(["provisional", "again", "frozen"] as const).map(
          (sign) =>
            settlements.some((s) => signs[sign].of(s)) && (
              <li key={sign}>
                <Icon name={signs[sign].icon} size={14} />
                {t(`settlements.legend.${sign}`)}
              </li>
            ),
        )}
      </ul>
      {settlements.length > 0 && (
        <dl className={styles.totals}>
          <div>
            <dt>{t("settlements.import")}</dt>
            <dd>{total((s) => s.importAmount)}</dd>
          </div>
          <div>
            <dt>{t("settlements.export")}</dt>
            <dd>{total((s) => negate(s.exportAmount))}</dd>
          </div>
          <div>
            <dt>{t("settlements.net", { days: settlements.length })}</dt>
            <dd>{total((s) => s.netAmount)}</dd>
          </div>
        </dl>
      )}
    </Panel>
  );
}
