import type { Schemas } from "../../api/client";
import type { TariffVersion } from "../../api/tariffs";
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
    holidays && holidays.length > 0 && t("tariffs.holidays", { dates: holidays.map((d) => format.date(d)).join(", ") }),
  ].filter((due) => typeof due === "string");
  return (
    <>
      <div className={styles.scroller}>
        <table className={styles.prices}>
          <caption className="visually-hidden">{t("tariffs.prices", { version: version.version })}</caption>
          <thead>
            <tr>
              <th scope="col">{t("tariffs.direction")}</th>
              <th scope="col">{t("tariffs.period")}</th>
              <th scope="col" className={styles.end}>
                {t("tariffs.price")}
              </th>
              <th scope="col">{t("tariffs.when")}</th>
            </tr>
          </thead>
          <tbody>
            {rates.flatMap(([direction, rate]) =>
              (rate ? periodsOf(rate) : []).map(({ name, price, rules }) => (
                <tr key={`${direction} ${name}`}>
                  <td>{t(`tariffs.directions.${direction}`)}</td>
                  <th scope="row">{periodName(name)}</th>
                  <td className={styles.end}>
                    {currency ? format.price(price, currency) : `${format.exact(price)}/kWh`}
                  </td>
                  <td>{rules.map((rule) => ruleText(rule, format, t)).join(" / ")}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </div>
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

function periodsOf({ price, periods }: Schemas["Rate"]): { name: string; price: string; rules: Rule[] }[] {
  return periods ?? (price === undefined ? [] : [{ name: "all", price, rules: [{}] }]);
}

/** What a rule names, in words: Jan, Jul · Mon, Tue · 08:00–11:00. */
function ruleText({ months, weekdays, holidays, times }: Rule, format: Format, t: T): string {
  const name = (date: string, style: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(format.locale, { ...style, timeZone: "UTC" }).format(new Date(`${date}T00:00:00Z`));
  const pad = (n: number) => String(n).padStart(2, "0");
  const parts = [
    months?.map((m) => name(`2024-${pad(m)}-01`, { month: "short" })).join(", "),
    weekdays?.map((d) => name(`2024-01-${pad(d)}`, { weekday: "short" })).join(", "), // it began with a Monday
    holidays === undefined ? undefined : holidays ? t("tariffs.onHolidays") : t("tariffs.notOnHolidays"),
    times?.map((span) => span.replace("-", "–")).join(", "),
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(" · ") : t("tariffs.always");
}
