import type { Change } from "../../api/provisioning";
import { useStation, type Mapping, type Station } from "../../api/station";
import { Button } from "../../components/Button";
import { Resource } from "../../components/Resource";
import { Empty } from "../../components/states";
import { compare } from "../../format/decimal";
import { useFormat, type Format } from "../../format/format";
import { reading } from "../../format/mapping";
import { useT, type T } from "../../i18n";
import type { StationDocument } from "./document";
import styles from "./ProvisioningPage.module.css";

interface Props {
  changes: Change[];
  text: string;
  isPending: boolean;
  onApply: () => void;
}

/** What a document would change, in sentences, and what follows from it. */
export function Changes(props: Props) {
  const t = useT();
  const { changes, text } = props;
  // The document may be about another station than the page is.
  const { stationId } = JSON.parse(text) as StationDocument;
  const isNew = changes.some((c) => c.event === "StationRegistered");
  const station = useStation(stationId, changes.length > 0 && !isNew);
  if (changes.length === 0)
    return <Empty title={t("provisioning.changes.none")}>{t("provisioning.changes.noneText")}</Empty>;
  if (isNew) return <ChangesOf {...props} station={undefined} />;
  return <Resource query={station}>{(s) => <ChangesOf {...props} station={s} />}</Resource>;
}

function ChangesOf({ changes, text, station, isPending, onApply }: Props & { station: Station | undefined }) {
  const t = useT();
  const format = useFormat(station?.timezone ?? "UTC");
  const recorded = station && changes.some((c) => again.has(c.event));
  return (
    <>
      {station && (
        <p className={styles.soft}>
          <bdi>{station.name}</bdi> <code>{station.stationId}</code>
        </p>
      )}
      <ul className={styles.changes}>
        {changes.map((change, i) => (
          <li key={i} style={{ "--color": removes.has(change.event) ? "var(--bad)" : "var(--accent)" }}>
            {sentence(change, text, station, t, format)}
          </li>
        ))}
      </ul>
      {recorded && <p className={styles.soft}>{t("provisioning.changes.again")}</p>}
      <p className={styles.apply}>
        <Button look="primary" onPress={onApply} isPending={isPending}>
          {t("provisioning.apply")}
        </Button>
      </p>
    </>
  );
}

const removes = new Set<Change["event"]>(["DeviceRemoved", "PointUnmapped"]);

// What closed windows are calculated again for.
const again = new Set<Change["event"]>([
  "StationChanged",
  "DeviceRemoved",
  "PointMapped",
  "PointUnmapped",
  "TariffAssigned",
  "TariffPublished",
]);

function sentence(change: Change, text: string, station: Station | undefined, t: T, format: Format): string {
  const device = change.deviceId ?? "";
  const point = change.semantic ?? "";
  const tariff = change.tariffId ?? "";
  const date = change.validFrom ? format.date(change.validFrom) : "";
  switch (change.event) {
    case "StationRegistered":
      return t("provisioning.changes.StationRegistered", { station: (JSON.parse(text) as StationDocument).stationId });
    case "StationChanged":
      return t("provisioning.changes.StationChanged", { what: differences(text, station, t) });
    case "DeviceRegistered":
      return t("provisioning.changes.DeviceRegistered", { device });
    case "DeviceChanged":
      return t("provisioning.changes.DeviceChanged", { device });
    case "DeviceRemoved":
      return t("provisioning.changes.DeviceRemoved", { device });
    case "PointMapped": {
      const { mapping } = change;
      const now = mapping ? read(mapping, t, format) : "";
      const before = station && mapping && mappingBefore(station, device, mapping);
      return before
        ? t("provisioning.changes.PointRemapped", { device, point, now, before: read(before, t, format) })
        : t("provisioning.changes.PointMapped", { device, point, now });
    }
    case "PointUnmapped":
      return change.void
        ? t("provisioning.changes.PointVoid", { device, point })
        : t("provisioning.changes.PointUnmapped", { device, point });
    case "TariffAssigned":
      return t("provisioning.changes.TariffAssigned", { tariff, date });
    case "TariffPublished":
      return t("provisioning.changes.TariffPublished", { tariff, date, version: change.version ?? 0 });
  }
}

function read(m: Mapping, t: T, format: Format): string {
  return t("mapping.of", { key: m.key, reading: reading(m, t, format) });
}

/** The mapping of the point from the same time, whose place another takes. */
function mappingBefore(station: Station, deviceId: string, m: Mapping): Mapping | undefined {
  const points = station.devices.find((d) => d.deviceId === deviceId)?.points ?? [];
  return points.find((p) => p.semantic === m.semantic && p.validFrom === m.validFrom && !p.validUntil);
}

/** Name and ratings before and after. */
function differences(text: string, station: Station | undefined, t: T): string {
  // Numbers or texts, as somebody wrote them.
  const { name, ratings } = JSON.parse(text) as { name: string; ratings?: Record<string, string | number> };
  const names = ["gridKw", "pvKw", "batteryKw", "batteryKwh", "evseKw", "gensetKw"] as const;
  const changed: [string, string | undefined, string | undefined][] = [];
  if (station?.name !== name) changed.push([t("provisioning.name"), station?.name, name]);
  for (const r of names) {
    const [before, after] = [station?.ratings[r], ratings?.[r]?.toString()];
    const same = before && after ? compare(before, after) === 0 : before === after;
    if (!same) changed.push([t(`stations.ratings.${r}`), before, after]);
  }
  return changed.map(([what, before, after]) => `${what}: ${before ?? "–"} → ${after ?? "–"}`).join("; ");
}
