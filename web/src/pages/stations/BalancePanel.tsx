import type { ReactNode } from "react";
import type { Station } from "../../api/station";
import type { LatestValue } from "../../api/telemetry";
import { Badge } from "../../components/Badge";
import { Panel } from "../../components/Panel";
import { Empty } from "../../components/states";
import { compare } from "../../format/decimal";
import { useFormat } from "../../format/format";
import { useT } from "../../i18n";
import { powers, type Kind, type Power } from "../../api/power";
import { balanceOf, type Balance } from "./balance";
import styles from "./StationsPage.module.css";

interface Props {
  station: Station;
  values: LatestValue[];
  badge: ReactNode;
}

/** The sum that a wrong sign or unit breaks: what flows onto the site's bus is what flows off it. */
export function BalancePanel({ station, values, badge }: Props) {
  const t = useT();
  const balance = balanceOf(powers(values));
  const { terms, load } = balance;
  return (
    <Panel title={t("stations.balance.title")} aside={badge}>
      {terms.length === 0 ? (
        <Empty title={t("stations.balance.none")}>{t("stations.balance.noneText")}</Empty>
      ) : (
        <>
          <ol className={styles.balance}>
            {terms.map(({ kind, sign, power }, i) => (
              <Term
                key={kind}
                operator={sign < 0 ? "−" : i > 0 ? "+" : ""}
                kind={kind}
                power={power}
                zone={station.timezone}
              />
            ))}
            {load && <Term operator="=" kind="load" power={load} zone={station.timezone} />}
          </ol>
          <Verdict balance={balance} zone={station.timezone} />
        </>
      )}
    </Panel>
  );
}

function Term({ operator, kind, power, zone }: { operator: string; kind: Kind; power: Power; zone: string }) {
  const t = useT();
  const format = useFormat(zone);
  return (
    <li>
      <span className={styles.operator}>{operator}</span>
      <span className={styles.term}>
        <span className={styles.soft}>
          {t(`kinds.${kind}`)}
          {power.derived && ` · ${t("overview.flow.derived")}`}
        </span>
        <b>{format.quantity(power.kw, "kW", 2)}</b>
      </span>
    </li>
  );
}

function Verdict({ balance, zone }: { balance: Balance; zone: string }) {
  const t = useT();
  const format = useFormat(zone);
  const { load, difference, off, suspect } = balance;
  if (load?.derived && load.kw !== null && compare(load.kw, "0") < 0) {
    return (
      <p className={styles.verdict}>
        <Badge tone="bad">{t("stations.balance.wrong")}</Badge> {t("stations.balance.negativeLoad")}
      </p>
    );
  }
  if (difference === null) {
    const derived = load?.derived ?? false;
    return <p className={styles.soft}>{derived ? t("stations.balance.derived") : t("stations.balance.unknown")}</p>;
  }
  return (
    <p className={styles.verdict}>
      <Badge tone={off ? "bad" : "good"}>{off ? t("stations.balance.wrong") : t("stations.balance.right")}</Badge>{" "}
      {t("stations.balance.difference", { difference: format.change(difference, "kW", 2) })}{" "}
      {suspect &&
        (suspect.what === "sign"
          ? t("stations.balance.sign", { part: t(`kinds.${suspect.kind}`) })
          : t("stations.balance.unit", { part: t(`kinds.${suspect.kind}`) }))}
      {off && !suspect && t("stations.balance.look")}
    </p>
  );
}
