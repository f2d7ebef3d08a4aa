import type { Schemas } from "../../api/client";
import type { TariffVersion } from "../../api/tariffs";
import { DataTable } from "../../components/DataTable";
import type { Format } from "../../format/format";
import { usePeriodName } from "../../format/period";
import { useT, type T } from "../../i18n";
import styles from "./TariffsPage.module.css";

interface Props {
  version: TariffVersion;
  /** Unknown where no station has the tariff. */
  currency: string | undefined;
  format: Format;
}

/** What a version of a tariff says: its prices with when they hold, and what is due besides. */
export function Version({ version, currency, format }: Props) {
  const t = useT();
  const periodName = usePeriodName();
  const money = (amount: string) => (currency ? format.money(amount, currency) : format.exact(amount));
  const rates = [
    ["import", version.import],
    ["export", version.export],
  ] as const;
  const { demand, capacity, fixedFee, taxRate, holidays } = version;
  const dues = [
    demand && t("tariffs.demand", { price: money(demand.pricePerKw) }),
    capacity && t("tariffs.capacity", { price: money(capacity.pricePerKva) }),
    fixedFee?.perDay && t("tariffs.perDay", { price: money(fixedFee.perDay) }),
    fixedFee?.perMonth && t("tariffs.perMonth", { price: money(fixedFee.perMonth) }),
    taxRate && t("tariffs.tax", { share: format.percent(taxRate, 1) }),
    holidays &&
      holidays.length > 0 &&
      t("tariffs.holidays", { dates: format.list(holidays.map((d) => format.date(d))) }),
  ].filter((due) => typeof due === "string");
  return (
    <>
      <DataTable
        label={t("tariffs.prices", { version: version.version })}
        columns={[
          { key: "period", header: t("tariffs.period"), rowHeader: true, cell: (p) => periodName(p.name) },
          { key: "direction", header: t("tariffs.direction"), cell: (p) => t(`tariffs.directions.${p.direction}`) },
          {
            key: "price",
            header: t("tariffs.price"),
            align: "end",
            cell: (p) => (currency ? format.price(p.price, currency) : `${format.exact(p.price)}/kWh`),
          },
          {
            key: "when",
            header: t("tariffs.when"),
            wide: true,
            cell: (p) => p.rules.map((rule) => ruleText(rule, format, t)).join(" / "),
          },
        ]}
        rows={rates.flatMap(([direction, rate]) => periodsOf(rate).map((p) => ({ ...p, direction })))}
        rowKey={(p) => `${p.direction} ${p.name}`}
        rowHeight={34}
        cards
      />
      {dues.length > 0 && (
        <ul className={styles.dues}>
          {dues.map((due) => (
            <li key={due}>{due}</li>
          ))}
        </ul>
      )}
    </>
  );
}

type Rule = Schemas["Rule"];

function periodsOf(rate: Schemas["Rate"] | undefined): { name: string; price: string; rules: Rule[] }[] {
  return rate?.periods ?? (rate?.price === undefined ? [] : [{ name: "all", price: rate.price, rules: [{}] }]);
}

/** What a rule names, in words: Jul–Sep · Mon–Fri · 08:00–11:00. */
function ruleText({ months, weekdays, holidays, times }: Rule, format: Format, t: T): string {
  const name = (date: string, style: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(format.locale, { ...style, timeZone: "UTC" }).format(new Date(`${date}T00:00:00Z`));
  const pad = (n: number) => String(n).padStart(2, "0");
  const parts = [
    months && format.list(runs(months, (m) => name(`2024-${pad(m)}-01`, { month: "short" }))),
    weekdays && format.list(runs(weekdays, (d) => name(`2024-01-${pad(d)}`, { weekday: "short" }))), // a Monday is its first
    holidays === undefined ? undefined : holidays ? t("tariffs.onHolidays") : t("tariffs.notOnHolidays"),
    times && format.list(times.map((span) => span.replace("-", "–"))),
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(" · ") : t("tariffs.always");
}

/** Numbers by name, three and more in a row from first to last. */
function runs(numbers: number[], name: (n: number) => string): string[] {
  const all: number[][] = [];
  for (const n of numbers.toSorted((a, b) => a - b)) {
    const last = all.at(-1);
    if (last?.at(-1) === n - 1) last.push(n);
    else all.push([n]);
  }
  return all.flatMap((run) => {
    const [first = 0, last = 0] = [run[0], run.at(-1)];
    return run.length > 2 ? [`${name(first)}–${name(last)}`] : run.map(name);
  });
}
