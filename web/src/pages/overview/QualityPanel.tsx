import type { Overview } from "../../api/overview";
import type { LatestValue } from "../../api/telemetry";
import { Badge, type Tone } from "../../components/Badge";
import { Icon } from "../../components/Icon";
import { Meter } from "../../components/Meter";
import { Panel } from "../../components/Panel";
import { useFlagText } from "../../format/flags";
import { partOf } from "../../format/device";
import { useFormat } from "../../format/format";
import { useT } from "../../i18n";
import styles from "./OverviewPage.module.css";

// As long as windows wait for a device that is silent: docs/rules.md.
const silentAfter = 30 * 60_000;
const settledFrom = 0.95;

/** How far the day's numbers can be trusted: what is missing, who is silent, and whether the platform keeps up. */
export function QualityPanel({ day, latest, now }: { day: Overview; latest: LatestValue[]; now: number }) {
  const t = useT();
  const format = useFormat(day.timezone);
  const flagText = useFlagText();
  const heard = lastHeard(latest);
  const { caughtUp, behindSeconds } = day.projections;
  const { today } = day;
  return (
    <Panel
      title={t("overview.quality.title")}
      aside={
        caughtUp ? (
          <Badge tone="good">{t("overview.quality.upToDate")}</Badge>
        ) : (
          <Badge tone="warn">{t("overview.quality.behind", { seconds: behindSeconds })}</Badge>
        )
      }
    >
      {today && (
        <>
          <div className={styles.meters}>
            <Completeness label={t("overview.quality.completeness")} share={today.completeness} />
            <Completeness label={t("overview.quality.gridCompleteness")} share={today.gridCompleteness} />
          </div>
          <ul className={styles.flags}>
            {today.flags.map((flag) => (
              <li key={flag}>{flagText(flag)}</li>
            ))}
          </ul>
        </>
      )}
      <h3 className={styles.soft} id="devices-heard">
        {t("overview.quality.heard")}
      </h3>
      <ul className={styles.devices} aria-labelledby="devices-heard">
        {day.devices.map((device) => {
          const at = heard.get(device.deviceId) ?? device.heardAt;
          return (
            <li key={device.deviceId}>
              <span className={styles.device}>
                <Icon name={partOf(device.kind)} size={18} />
                <span title={device.deviceName}>{device.deviceId}</span>
              </span>
              <span className={styles.heard}>
                <Badge tone={toneOf(at, now)}>{at ? format.ago(at, now) : t("overview.quality.never")}</Badge>
              </span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );

  function Completeness({ label, share }: { label: string; share: string | number }) {
    const tone = Number(share) >= settledFrom ? "good" : "warn";
    return <Meter label={label} share={share} text={format.percent(share, 1)} tone={tone} />;
  }
}

function lastHeard(values: LatestValue[]): Map<string, string> {
  const heard = new Map<string, string>();
  for (const { deviceId, heardAt } of values) {
    const known = heard.get(deviceId);
    if (!known || Date.parse(known) < Date.parse(heardAt)) heard.set(deviceId, heardAt);
  }
  return heard;
}

function toneOf(heardAt: string | undefined, now: number): Tone {
  if (!heardAt) return "neutral";
  return now - Date.parse(heardAt) > silentAfter ? "warn" : "good";
}
