import { Link } from "@tanstack/react-router";
import { useReplayQuarantine, type QuarantinedDevice } from "../../api/quarantine";
import type { Station } from "../../api/station";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { ErrorState } from "../../components/states";
import { useT } from "../../i18n";
import styles from "./ProvisioningPage.module.css";

/** After a station was provisioned: where to see that it is right, and what waited for it. */
export function Done({ station, held }: { station: Station; held: QuarantinedDevice | undefined }) {
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
        held && (
          <>
            <p>{t("provisioning.waiting", { count: held.messages, device: held.deviceName || held.deviceId })}</p>
            <Button look="primary" isPending={replay.isPending} onPress={() => replay.mutate(held.deviceName)}>
              {t("quarantine.replay")}
            </Button>
          </>
        )
      )}
      {replay.error && <ErrorState error={replay.error} />}
    </div>
  );
}
