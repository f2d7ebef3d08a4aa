import { useMemo } from "react";
import type { Device, Mapping, Station } from "../../api/station";
import type { LatestValue } from "../../api/telemetry";
import { Badge } from "../../components/Badge";
import { DataTable, type Column } from "../../components/DataTable";
import { Icon } from "../../components/Icon";
import { Named } from "../../components/Named";
import { Panel } from "../../components/Panel";
import { partOf } from "../../format/device";
import { unknown, useFormat, type Format } from "../../format/format";
import { reading } from "../../format/mapping";
import { useT, type T } from "../../i18n";
import { pointsOf, unmapped, type Doubt, type Point } from "./points";
import styles from "./StationsPage.module.css";

interface Props {
  station: Station;
  device: Device;
  values: LatestValue[];
  now: number;
}

/** A device with its points: how each key is read, and beside it what was sent last and what that means. */
export function DevicePanel({ station, device, values, now }: Props) {
  const t = useT();
  const format = useFormat(station.timezone);
  const points = pointsOf(device, station.ratings, values, now);
  const rest = unmapped(device, values);
  const past = points.flatMap((p) => p.others);
  const columns = useMemo(() => pointColumns(t, format, now), [t, format, now]);
  const { deviceName, deviceId } = device.thingsboard;
  return (
    <Panel
      title={
        <span className={styles.device}>
          <Icon name={partOf(device.kind)} />
          {device.deviceId}
        </span>
      }
      aside={
        <>
          <span>{t(`deviceKinds.${device.kind as DeviceKind}`)}</span>
          <span>{t("stations.thingsboard", { name: [deviceName, deviceId].filter(Boolean).join(" · ") })}</span>
          {device.removedAt && (
            <Badge tone="neutral">{t("stations.removedAt", { time: format.time(device.removedAt, "dateTime") })}</Badge>
          )}
        </>
      }
    >
      {points.length > 0 ? (
        <DataTable
          label={t("stations.points.label", { device: device.deviceId })}
          columns={columns}
          rows={points}
          rowKey={(p) => p.mapping.semantic}
          rowHeight={48}
          cards
        />
      ) : (
        <p className={styles.soft}>{t("stations.points.none")}</p>
      )}
      {rest.length > 0 && !device.removedAt && (
        <p className={styles.rest}>
          <span className={styles.soft}>{t("stations.points.unmapped")}</span>
          {rest.map((v) => (
            <code key={v.key}>
              {v.key} = {JSON.stringify(v.value)}
            </code>
          ))}
        </p>
      )}
      {past.length > 0 && (
        <details className={styles.more}>
          <summary>{t("stations.points.history", { count: past.length })}</summary>
          <ul className={styles.history}>
            {past.map((m) => (
              <li key={`${m.semantic} ${m.validFrom ?? ""}`}>
                <b>{m.semantic}</b> ← <code>{m.key}</code> {reading(m, t, format)}
                <span className={styles.soft}>{held(m, format, t)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  );
}

type DeviceKind = "grid_meter" | "load_meter" | "pv_inverter" | "battery" | "evse" | "genset" | "sensor";

const tones: Record<Doubt, "warn" | "bad" | "neutral"> = {
  unheard: "neutral",
  noNumber: "bad",
  outOfRange: "warn",
  negative: "bad",
  aboveRating: "bad",
  noShare: "bad",
  old: "warn",
};

function pointColumns(t: T, format: Format, now: number): Column<Point>[] {
  return [
    {
      key: "semantic",
      header: t("stations.points.semantic"),
      rowHeader: true,
      cell: (p) => <Named names="semantics" code={p.mapping.semantic} />,
    },
    { key: "key", header: t("stations.points.key"), cell: (p) => <code>{p.mapping.key}</code> },
    {
      key: "sent",
      header: t("stations.points.sent"),
      align: "end",
      cell: (p) => (p.live ? <code>{JSON.stringify(p.live.value)}</code> : unknown),
    },
    {
      key: "read",
      header: t("stations.points.read"),
      align: "end",
      cell: (p) =>
        p.holds && p.live?.mapped != null ? <b>{format.exact(trimmed(p.live.mapped), unitOf(p.live))}</b> : unknown,
    },
    {
      key: "check",
      header: t("stations.points.check"),
      cell: (p) => {
        if (!p.holds) return <Badge>{t("stations.points.ended")}</Badge>;
        if (p.doubt) return <Badge tone={tones[p.doubt]}>{t(`stations.doubts.${p.doubt}`)}</Badge>;
        return <Badge tone="good">{t("stations.points.right")}</Badge>;
      },
    },
    { key: "mapping", header: t("stations.points.mapping"), cell: (p) => reading(p.mapping, t, format) },
    {
      key: "measured",
      header: t("stations.points.measured"),
      cell: (p) =>
        p.live ? <span title={format.time(p.live.ts, "full")}>{format.ago(p.live.ts, now)}</span> : unknown,
    },
  ];
}

function held(m: Mapping, format: Format, t: T): string {
  const from = m.validFrom ? format.time(m.validFrom, "dateTime") : t("stations.points.always");
  return m.validUntil
    ? `${from} – ${format.time(m.validUntil, "dateTime")}`
    : t("stations.points.from", { time: from });
}

/** Without the zeros that a sample's nine decimals end in. */
function trimmed(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}

function unitOf({ unit }: LatestValue): string {
  return unit === null || unit === "other" ? "" : unit;
}
