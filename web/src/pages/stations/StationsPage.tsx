import { Link } from "@tanstack/react-router";
import { StationPage } from "../../app/StationPage";
import { useStation } from "../../api/station";
import type { StationSummary } from "../../api/stations";
import { useLatest } from "../../api/telemetry";
import { Badge } from "../../components/Badge";
import { Icon } from "../../components/Icon";
import { Resource } from "../../components/Resource";
import { Empty } from "../../components/states";
import { useNow } from "../../format/useNow";
import { useT } from "../../i18n";
import { useAllowed } from "../../session/session";
import { BalancePanel } from "./BalancePanel";
import { DevicePanel } from "./DevicePanel";
import { Facts } from "./Facts";
import styles from "./StationsPage.module.css";

/** A station as it is set up: its devices, what their keys mean, and what that reads at this moment. */
export function StationsPage() {
  const t = useT();
  const admin = useAllowed("admin");
  return (
    <StationPage
      title={t("stations.title")}
      tools={
        admin && (
          <Link to="/set-up/provisioning" search={(s) => s} className={styles.change}>
            <Icon name="document" size={18} />
            {t("stations.change")}
          </Link>
        )
      }
    >
      {(station) => <SetUp key={station.stationId} summary={station} />}
    </StationPage>
  );
}

function SetUp({ summary }: { summary: StationSummary }) {
  const t = useT();
  const station = useStation(summary.stationId);
  const { query: latest, stream } = useLatest(summary.stationId);
  const now = useNow(5_000);
  return (
    <Resource query={station}>
      {(s) => {
        const present = s.devices.filter((d) => !d.removedAt);
        const removed = s.devices.filter((d) => d.removedAt);
        const shown = { station: s, values: latest.data ?? [], now };
        return (
          <>
            <div className={styles.head}>
              <Facts station={s} />
              {latest.data && (
                <BalancePanel
                  {...shown}
                  badge={
                    stream === "live" ? (
                      <Badge tone="good">{t("overview.live")}</Badge>
                    ) : (
                      <Badge tone="warn">{t("overview.notLive")}</Badge>
                    )
                  }
                />
              )}
            </div>
            <Resource query={latest}>
              {() =>
                present.length === 0 ? (
                  <Empty title={t("stations.noDevices")}>{t("stations.noDevicesText")}</Empty>
                ) : (
                  present.map((device) => <DevicePanel key={device.deviceId} device={device} {...shown} />)
                )
              }
            </Resource>
            {removed.length > 0 && (
              <details className={styles.more}>
                <summary>{t("stations.removed", { count: removed.length })}</summary>
                {removed.map((device) => (
                  <DevicePanel key={device.deviceId} device={device} {...shown} />
                ))}
              </details>
            )}
          </>
        );
      }}
    </Resource>
  );
}
