import type { Settlement } from "../../api/settlements";
import { Panel } from "../../components/Panel";
import { SideBySide } from "../../components/SideBySide";
import { negate } from "../../format/decimal";
import { unknown, useFormat } from "../../format/format";
import { usePeriodName } from "../../format/period";
import { useT } from "../../i18n";
import styles from "./SettlementsPage.module.css";

/** A day's versions side by side; what differs from the version before stands out. */
export function Versions({ versions, zone }: { versions: Settlement[]; zone: string }) {
  const t = useT();
  const format = useFormat(zone);
  const periodName = usePeriodName();
  const lines = [
    ...new Map(versions.flatMap((s) => s.lines.map((l) => [`${l.direction} ${l.period}`, l] as const))).values(),
  ];
  const line = (s: Settlement, of: (typeof lines)[number]) =>
    s.lines.find((l) => l.direction === of.direction && l.period === of.period);

  const rows: { key: string; name: string; text: (s: Settlement) => string }[] = [
    { key: "at", name: t("settlements.versions.calculatedAt"), text: (s) => format.time(s.calculatedAt, "dateTime") },
    { key: "status", name: t("settlements.versions.status"), text: (s) => t(`settlements.statuses.${s.status}`) },
    { key: "revision", name: t("settlements.versions.revision"), text: (s) => format.integer(s.statisticsRevision) },
    { key: "tariff", name: t("settlements.versions.tariff"), text: (s) => `${s.tariffId} · ${s.tariffVersion}` },
    { key: "complete", name: t("settlements.versions.completeness"), text: (s) => format.percent(s.completeness, 2) },
    ...lines.flatMap((l) => {
      const name = `${t(`settlements.directions.${l.direction}`)} · ${periodName(l.period)}`;
      return [
        {
          key: `${l.direction} ${l.period} kWh`,
          name: `${name} (kWh)`,
          text: (s: Settlement) => {
            const found = line(s, l);
            return found ? format.exact(found.quantityKwh) : unknown;
          },
        },
        {
          key: `${l.direction} ${l.period} price`,
          name: `${name} (${versions[0]?.currency}/kWh)`,
          text: (s: Settlement) => {
            const found = line(s, l);
            return found ? format.exact(found.price) : unknown;
          },
        },
        {
          key: `${l.direction} ${l.period} amount`,
          name,
          text: (s: Settlement) => {
            const found = line(s, l);
            return found
              ? format.money(l.direction === "export" ? negate(found.amount) : found.amount, s.currency)
              : unknown;
          },
        },
      ];
    }),
    { key: "net", name: t("settlements.netAmount"), text: (s) => format.money(s.netAmount, s.currency) },
  ];

  return (
    <Panel title={t("settlements.versions.title", { count: versions.length })}>
      <SideBySide
        label={t("settlements.versions.title", { count: versions.length })}
        names={t("settlements.versions.what")}
        columns={versions.map((s) => t("settlements.versions.version", { version: s.version }))}
        rows={rows.map(({ key, name, text }) => {
          const cells = versions.map((s, i) => {
            const before = versions[i - 1];
            if (before === undefined || text(before) === text(s)) return text(s);
            return (
              <span key={s.version} className={styles.changed}>
                {text(s)}
                <span className="visually-hidden"> {t("settlements.versions.changed")}</span>
              </span>
            );
          });
          return { key, name, cells };
        })}
      />
    </Panel>
  );
}
