import { Link, useSearch } from "@tanstack/react-router";
import { Page } from "../../app/StationPage";
import { useQuarantine, useReplayQuarantine, type QuarantinedDevice } from "../../api/quarantine";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Panel } from "../../components/Panel";
import { Resource } from "../../components/Resource";
import { Cut, Empty, ErrorState } from "../../components/states";
import { useFormat } from "../../format/format";
import { useNow } from "../../format/useNow";
import { useT } from "../../i18n";
import { useAllowed } from "../../session/session";
import { Messages } from "./Messages";
import { Values } from "./Values";
import styles from "./QuarantinePage.module.css";

/** What devices sent that can't be used as the stations are mapped now, and the two ways out: map it, replay it. */
export function QuarantinePage() {
  const t = useT();
  const query = useQuarantine();
  const replay = useReplayQuarantine();
  return (
    <Page
      title={t("quarantine.title")}
      tools={
        query.data &&
        query.data.length > 0 && (
          <Button icon="refresh" isPending={replay.isPending} onPress={() => replay.mutate("")}>
            {t("quarantine.replayAll")}
          </Button>
        )
      }
    >
      <p role="status" className={styles.outcome}>
        {replay.data && t("quarantine.replayed", { released: replay.data.released, kept: replay.data.kept })}
      </p>
      {replay.error && <ErrorState error={replay.error} />}
      <Resource
        query={query}
        isEmpty={(devices) => devices.length === 0}
        empty={<Empty title={t("quarantine.none")}>{t("quarantine.noneText")}</Empty>}
      >
        {(devices) => (
          <>
            {devices.map((device) => (
              <Device
                key={`${device.reason} ${device.deviceId} ${device.deviceName}`}
                device={device}
                replay={replay}
              />
            ))}
            <Cut of={devices} />
          </>
        )}
      </Resource>
    </Page>
  );
}

interface DeviceProps {
  device: QuarantinedDevice;
  replay: ReturnType<typeof useReplayQuarantine>;
}

function Device({ device, replay }: DeviceProps) {
  const t = useT();
  const now = useNow(10_000);
  // Of no station yet: in the zone of whoever looks.
  const format = useFormat(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const open = useSearch({ from: "/set-up/quarantine" }).device;
  const admin = useAllowed("admin");
  const name = device.deviceName || device.deviceId;
  const { stationId } = device;
  const isOpen = open === name;
  return (
    <Panel
      title={name}
      aside={
        <>
          <Badge tone={stationId && device.reason === "unknown_device" ? "good" : "warn"}>
            {stationId && device.reason === "unknown_device"
              ? t("quarantine.known", { station: stationId })
              : t(`quarantine.reasons.${device.reason}`)}
          </Badge>
          <span>{t("quarantine.count", { count: device.messages })}</span>
          <span>{t("quarantine.last", { ago: format.ago(device.receivedAt, now) })}</span>
        </>
      }
    >
      <Values {...device} />
      <p className={styles.soft}>
        {device.messages > 1
          ? t("quarantine.range", { from: format.time(device.firstTs, "full"), to: format.time(device.lastTs, "full") })
          : t("quarantine.at", { time: format.time(device.lastTs, "full") })}
      </p>
      {device.reason === "unusable_value" && <p className={styles.soft}>{t("quarantine.unusableText")}</p>}
      <div className={styles.actions}>
        {admin && !stationId && (
          <Link
            to="/set-up/provisioning"
            search={(s) => ({ ...s, start: "station", map: name })}
            className={styles.map}
          >
            <Icon name="plus" size={18} />
            {t("quarantine.map")}
          </Link>
        )}
        {stationId && (
          <Link to="/set-up/stations" search={(s) => ({ ...s, station: stationId })}>
            {t("quarantine.station", { station: stationId })}
          </Link>
        )}
        {/* Replay goes by names; all are replayed by the button above. */}
        {stationId && device.deviceName && (
          <Button isPending={replay.isPending} onPress={() => replay.mutate(device.deviceName)}>
            {t("quarantine.replay")}
          </Button>
        )}
        {device.deviceName && (
          <Link
            to="."
            search={(s) => ({ ...s, device: isOpen ? undefined : name })}
            aria-expanded={isOpen}
            resetScroll={false}
          >
            {isOpen ? t("quarantine.hide") : t("quarantine.show")}
          </Link>
        )}
      </div>
      {isOpen && device.deviceName && (
        <Messages deviceName={device.deviceName} reason={device.reason} format={format} />
      )}
    </Panel>
  );
}
