import { Link } from "@tanstack/react-router";
import { useReplayQuarantine, type QuarantinedDevice } from "../../api/quarantine";
import type { Station } from "../../api/station";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { ErrorState } from "../../components/states";
import { useT } from "../../i18n";
import styles from "./ProvisioningPage.module.css";

/** After a station was provisioned: where to see that it is right, and what waited for it. */
export function Done({ station, map }: { station: Station; map: QuarantinedDevice | undefined }) {
  const t = useT();
  const replay = useReplayQuarantine();
  return (
    <div className={styles.done}>
      <Badge tone="good">{t("provisioning.done")}</Badge>
      <Link to="/set-up/stations" search={(s) => ({ ...s, station: station.stationId })}>
        {t("provisioning.see", { station: station.name })}
      </Link>
      {replay.data ? (
        <p>{t("quarantine.replayed", { released: replay.data.released, kept: replay.data.kept })}</p>
      ) : (
        map && (
          <>
            <p>{t("provisioning.waiting", { count: map.messages, device: map.deviceName || map.deviceId })}</p>
            <Button look="primary" isPending={replay.isPending} onPress={() => replay.mutate(map.deviceName)}>
              {t("quarantine.replay")}
            </Button>
          </>
        )
      )}
      {replay.error && <ErrorState error={replay.error} />}
    </div>
  );
}
