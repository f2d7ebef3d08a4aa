import { useMemo } from "react";
import { DataTable, type Column } from "../../components/DataTable";
import { useFormat } from "../../format/format";
import { usePeriodName } from "../../format/period";
import { useT } from "../../i18n";
import { colorOf } from "./colors";
import styles from "./TariffsPage.module.css";
import { nameOf, profilesOf, type Run, type Year } from "./year";
import { inTurn, time } from "./YearMap";

type Profile = ReturnType<typeof profilesOf>[number];

// So many stretches of days are written out; a tariff of weekdays has a hundred.
const named = 4;

/** The same year in words: the days that have the same prices, and those prices through the day. */
export function Profiles({ year, currency, zone }: { year: Year; currency: string; zone: string }) {
  const t = useT();
  const format = useFormat(zone);
  const periodName = usePeriodName();
  const columns = useMemo((): Column<Profile>[] => {
    const range = (days: { from: string; to: string }) => format.range(days, "day");
    const words = ({ price }: Run) => {
      if (!price) return t("tariffs.year.noPrice");
      const others = year.prices.some((p) => p.period === price.period && nameOf(p) !== nameOf(price));
      return `${periodName(price.period)}${others ? ` ${format.price(price.price, currency)}` : ""}`;
    };
    return [
      {
        key: "days",
        header: t("tariffs.profiles.days"),
        rowHeader: true,
        cell: ({ ranges }) => {
          const shown = format.list(ranges.slice(0, named).map(range));
          const rest = ranges.length - named;
          return (
            <span className={styles.wrap} title={format.list(ranges.map(range))}>
              {rest > 0 ? t("tariffs.profiles.andMore", { ranges: shown, count: rest }) : shown}
            </span>
          );
        },
      },
      { key: "count", header: t("tariffs.profiles.count"), align: "end", cell: (p) => format.integer(p.days) },
      {
        key: "prices",
        header: t("tariffs.profiles.prices"),
        wide: true,
        cell: ({ runs }) => (
          <ul className={styles.runs}>
            {runs.map((run) => (
              <li key={`${run.from} ${run.turn ?? ""}`}>
                <span
                  className={styles.swatch}
                  style={{ background: run.price ? colorOf(run.price, year.prices) : "var(--sunken)" }}
                />
                {time(run.from)}–{time(run.to)} {inTurn(words(run), run.turn, t)}
              </li>
            ))}
          </ul>
        ),
      },
    ];
  }, [year, currency, format, periodName, t]);
  return (
    <details className={styles.more}>
      <summary>{t("tariffs.profiles.title")}</summary>
      <DataTable
        label={t("tariffs.profiles.title")}
        columns={columns}
        rows={profilesOf(year)}
        rowKey={(p) => JSON.stringify(p.runs)}
        cards
      />
    </details>
  );
}
