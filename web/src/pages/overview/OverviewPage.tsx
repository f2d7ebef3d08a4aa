import { StationPage } from "../../app/StationPage";
import { useLatest } from "../../api/telemetry";
import { useOverview } from "../../api/overview";
import type { StationSummary } from "../../api/stations";
import { Badge } from "../../components/Badge";
import { Panel } from "../../components/Panel";
import { Resource } from "../../components/Resource";
import { Empty } from "../../components/states";
import { useNow } from "../../format/useNow";
import { useT } from "../../i18n";
import { DayPanel } from "./DayPanel";
import { EnergyFlow } from "./EnergyFlow";
import { MoneyPanel } from "./MoneyPanel";
import styles from "./OverviewPage.module.css";
import { powers, stateOfCharge } from "../../api/power";
import { QualityPanel } from "./QualityPanel";
import { TodayChart } from "./TodayChart";

/** A station now, and its day so far. */
export function OverviewPage() {
  const t = useT();
  return (
    <StationPage title={t("overview.title")}>
      {(station) => <StationOverview key={station.stationId} station={station} />}
    </StationPage>
  );
}

function StationOverview({ station }: { station: StationSummary }) {
  const t = useT();
  const now = useNow(5_000);
  const { query: latest, stream } = useLatest(station.stationId);
  const overview = useOverview(station.stationId);
  const live = stream === "live";
  return (
    <div className={styles.grid}>
      <Panel
        className={styles.flow}
        title={t("overview.flow.title")}
        aside={<Badge tone={live ? "good" : "warn"}>{live ? t("overview.live") : t("overview.notLive")}</Badge>}
      >
        <Resource
          query={latest}
          isEmpty={(values) => !values.some((v) => v.semantic)}
          empty={<Empty title={t("overview.flow.empty")}>{t("overview.flow.emptyText")}</Empty>}
        >
          {(values) => (
            <EnergyFlow
              parts={powers(values)}
              soc={stateOfCharge(values)}
              zone={station.timezone}
              now={now}
              live={live}
            />
          )}
        </Resource>
      </Panel>
      <Resource query={overview}>
        {(day) => (
          <>
            <DayPanel day={day} />
            <MoneyPanel day={day} now={now} />
            <TodayChart day={day} />
            <QualityPanel day={day} latest={latest.data ?? []} now={now} />
          </>
        )}
      </Resource>
    </div>
  );
}
