import type { Overview } from "../../api/overview";
import { Panel } from "../../components/Panel";
import { Empty } from "../../components/states";
import { compare, negate } from "../../format/decimal";
import { useFormat } from "../../format/format";
import { periodColor, usePeriodName } from "../../format/period";
import { useT } from "../../i18n";
import styles from "./OverviewPage.module.css";

/** What the day has cost or earned so far, by the tariff's periods, and the price now and next. */
export function MoneyPanel({ day, now }: { day: Overview; now: number }) {
  const t = useT();
  const format = useFormat(day.timezone);
  const periodName = usePeriodName();
  const { settlement, currency, priceNow, priceNext } = day;
  return (
    <Panel title={t("overview.money.title")}>
      {settlement ? (
        <Amounts settlement={settlement} zone={day.timezone} currency={currency} />
      ) : priceNow ? (
        <Empty title={t("overview.money.noGrid")}>{t("overview.money.noGridText")}</Empty>
      ) : (
        <Empty title={t("overview.money.none")}>{t("overview.money.noneText")}</Empty>
      )}
      <div className={styles.prices}>
        {priceNow?.import && (
          <div style={{ "--color": `var(${periodColor(priceNow.import.period)})` }}>
            <span>{t("overview.money.now", { period: periodName(priceNow.import.period) })}</span>
            <b>{format.price(priceNow.import.price, currency)}</b>
          </div>
        )}
        {priceNext?.import && (
          <div style={{ "--color": `var(${periodColor(priceNext.import.period)})` }}>
            <span>
              {t("overview.money.next", {
                period: periodName(priceNext.import.period),
                time: format.time(priceNext.from),
              })}{" "}
              <span className={styles.soft}>{format.until(priceNext.from, now)}</span>
            </span>
            <b>{format.price(priceNext.import.price, currency)}</b>
          </div>
        )}
      </div>
    </Panel>
  );
}

interface AmountsProps {
  settlement: NonNullable<Overview["settlement"]>;
  currency: string;
  zone: string;
}

function Amounts({ settlement, currency, zone }: AmountsProps) {
  const t = useT();
  const format = useFormat(zone);
  const periodName = usePeriodName();
  const credit = compare(settlement.netAmount, "0") < 0;
  const severalExports = settlement.lines.filter((line) => line.direction === "export").length > 1;
  const nameOf = ({ direction, period }: (typeof settlement.lines)[number]) => {
    if (direction === "import") return periodName(period);
    return severalExports ? `${t("overview.money.export")} · ${periodName(period)}` : t("overview.money.export");
  };
  return (
    <>
      <p className={styles.figure}>
        {format.money(credit ? negate(settlement.netAmount) : settlement.netAmount, currency)}
      </p>
      <p className={styles.soft}>{credit ? t("overview.money.credit") : t("overview.money.cost")}</p>
      <table className={styles.lines}>
        <caption className="visually-hidden">{t("overview.money.lines")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("overview.money.period")}</th>
            <th scope="col">{t("overview.money.quantity")}</th>
            <th scope="col">{t("overview.money.amount")}</th>
          </tr>
        </thead>
        <tbody>
          {settlement.lines.map((line) => {
            const name = nameOf(line);
            return (
              <tr key={line.direction + line.period}>
                <th scope="row" title={name}>
                  {name}
                </th>
                <td>{format.quantity(line.quantityKwh, "kWh")}</td>
                <td>{format.money(line.direction === "export" ? negate(line.amount) : line.amount, currency)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}
