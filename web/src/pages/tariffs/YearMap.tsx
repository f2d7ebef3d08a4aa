import { memo, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useFormat, type Format } from "../../format/format";
import { usePeriodName } from "../../format/period";
import { useT, type T } from "../../i18n";
import { colorOf } from "./colors";
import styles from "./YearMap.module.css";
import { nameOf, pricesAt, type Run, type Year } from "./year";

interface Props {
  year: Year;
  currency: string;
  zone: string;
  /** The local date, marked where it is in the year. */
  today: string;
}

interface Place {
  day: number;
  quarter: number;
}

/** A year of prices: a column a day, a row a quarter of an hour on the wall's clock. Read by pointer or arrow keys. */
export function YearMap({ year, currency, zone, today }: Props) {
  const t = useT();
  const format = useFormat(zone);
  const periodName = usePeriodName();
  const [place, setPlace] = useState<Place | null>(null);
  const { dates, prices, changes } = year;
  const todayIndex = dates.indexOf(today);
  const share = (day: number) => `${(100 * day) / dates.length}%`;
  const words = place && reading(year, place, currency, periodName, format, t);

  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = (offset: number, size: number, count: number) =>
      Math.min(Math.max(Math.floor((offset / size) * count), 0), count - 1);
    setPlace({
      day: at(event.clientX - box.left, box.width, dates.length),
      quarter: at(event.clientY - box.top, box.height, 96),
    });
  };

  return (
    <figure className={styles.figure}>
      <div className={styles.grid}>
        <div className={styles.hours} aria-hidden="true">
          {[0, 6, 12, 18, 24].map((hour) => (
            <span key={hour} style={{ top: `${(100 * hour) / 24}%` }}>
              {String(hour).padStart(2, "0")}:00
            </span>
          ))}
        </div>
        <div
          className={styles.map}
          role="slider"
          tabIndex={0}
          aria-label={t("tariffs.year.label")}
          aria-valuemin={0}
          aria-valuemax={dates.length * 96 - 1}
          aria-valuenow={place ? place.day * 96 + place.quarter : 0}
          aria-valuetext={words ?? t("tariffs.year.hint")}
          onPointerMove={point}
          onPointerDown={point}
          onKeyDown={(event) =>
            setPlace((old) => moved(event, old ?? { day: Math.max(todayIndex, 0), quarter: 48 }, year))
          }
        >
          <svg viewBox={`0 0 ${dates.length} 96`} preserveAspectRatio="none" aria-hidden="true">
            <Blocks year={year} />
            {todayIndex >= 0 && (
              <line className={styles.today} x1={todayIndex + 0.5} x2={todayIndex + 0.5} y1="0" y2="96" />
            )}
            {place && (
              <>
                <line className={styles.cross} x1={place.day + 0.5} x2={place.day + 0.5} y1="0" y2="96" />
                <line
                  className={styles.cross}
                  x1="0"
                  x2={dates.length}
                  y1={place.quarter + 0.5}
                  y2={place.quarter + 0.5}
                />
              </>
            )}
          </svg>
        </div>
        <div className={styles.months} aria-hidden="true">
          {dates.map(
            (date, i) =>
              date.endsWith("-01") && (
                <span key={date} style={{ left: share(i) }}>
                  {monthName(date, format)}
                </span>
              ),
          )}
        </div>
      </div>
      <p className={styles.reading}>{words ?? t("tariffs.year.hint")}</p>
      <ul className={styles.legend} aria-label={t("tariffs.year.legend")}>
        {prices.map((p) => (
          <li key={nameOf(p)}>
            <span className={styles.swatch} style={{ background: colorOf(p, prices) }} />
            {periodName(p.period)} <b>{format.price(p.price, currency)}</b>
            <span className={styles.soft}>{t("tariffs.year.hours", { hours: Math.round(p.hours) })}</span>
          </li>
        ))}
      </ul>
      {changes.map(({ date, hours }) => (
        <p key={date} className={styles.soft}>
          {t(hours < 24 ? "tariffs.year.shorter" : "tariffs.year.longer", {
            date: format.date(date),
            hours: String(hours),
          })}
        </p>
      ))}
    </figure>
  );
}

/** The drawing itself, which no move of the pointer changes. */
const Blocks = memo(function Blocks({ year: { blocks, prices } }: { year: Year }) {
  return blocks.map(({ first, days, runs }) =>
    runs.map((run, i) => {
      // The first time that the clock shows an hour is the left half of its day.
      const width = run.turn ? days / 2 : days;
      return (
        <rect
          key={`${first} ${i}`}
          x={first + (run.turn === 2 ? width : 0)}
          y={run.from}
          width={width}
          height={run.to - run.from}
          style={{ fill: run.price ? colorOf(run.price, prices) : "var(--sunken)" }}
        />
      );
    }),
  );
});

function reading(
  year: Year,
  { day, quarter }: Place,
  currency: string,
  periodName: (period: string) => string,
  format: Format,
  t: T,
): string {
  const when = `${format.date(year.dates[day] ?? "", "weekday")}, ${time(quarter)}–${time(quarter + 1)}`;
  const runs = pricesAt(year, day, quarter);
  if (runs.length === 0) return `${when}: ${t("tariffs.year.skipped")}`;
  const prices = runs.map(({ price, turn }) => {
    const words = price
      ? `${periodName(price.period)} ${format.price(price.price, currency)}`
      : t("tariffs.year.noPrice");
    return inTurn(words, turn, t);
  });
  return `${when}: ${prices.join("; ")}`;
}

/** Where the clock shows a time twice, says which time it is. */
export function inTurn(price: string, turn: Run["turn"], t: T): string {
  if (!turn) return price;
  return turn === 1 ? t("tariffs.year.firstTime", { price }) : t("tariffs.year.secondTime", { price });
}

/** A quarter of a day as the clock shows it. */
export function time(quarter: number): string {
  return `${String(Math.floor(quarter / 4)).padStart(2, "0")}:${String((quarter % 4) * 15).padStart(2, "0")}`;
}

function moved(event: KeyboardEvent, { day, quarter }: Place, year: Year): Place {
  const last = year.dates.length - 1;
  const moves: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
    PageUp: [-30, 0],
    PageDown: [30, 0],
    Home: [-last, 0],
    End: [last, 0],
  };
  const move = moves[event.key];
  if (!move) return { day, quarter };
  event.preventDefault();
  return { day: Math.min(Math.max(day + move[0], 0), last), quarter: Math.min(Math.max(quarter + move[1], 0), 95) };
}

function monthName(date: string, { locale }: Format): string {
  return new Intl.DateTimeFormat(locale, { month: "short", timeZone: "UTC" }).format(new Date(`${date}T00:00:00Z`));
}
