import { Navigate, useNavigate, useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { Page } from "../../app/StationPage";
import { ApiError } from "../../api/error";
import { usePreview, useProvision } from "../../api/provisioning";
import { useQuarantine, type QuarantinedDevice } from "../../api/quarantine";
import { useStation, type Station } from "../../api/station";
import { useStations } from "../../api/stations";
import { useTariffs } from "../../api/tariffs";
import { Button } from "../../components/Button";
import { OpenFile } from "../../components/OpenFile";
import { Panel } from "../../components/Panel";
import { Resource } from "../../components/Resource";
import { Segments } from "../../components/Segments";
import { Denied, Empty, ErrorState } from "../../components/states";
import { useT } from "../../i18n";
import { useAllowed } from "../../session/session";
import { Changes } from "./Changes";
import { DocumentEditor, type Fault } from "./DocumentEditor";
import { Done } from "./Done";
import { documentOf, example, withDevice, write, type StationDocument } from "./document";
import styles from "./ProvisioningPage.module.css";

// What was begun stays while the page is left for another, a text for each place it began from.
const drafts = new Map<string, string>();

/** A station set up by one document: written or dropped here, checked, and what it would change said before it does. */
export function ProvisioningPage() {
  const t = useT();
  const search = useSearch({ from: "/set-up/provisioning" });
  const { station } = useSearch({ from: "__root__" });
  const stations = useStations();
  const admin = useAllowed("admin");
  return (
    <Page title={t("provisioning.title")}>
      {admin ? (
        <Resource query={stations}>
          {(all) => {
            const chosen = all.find((s) => s.stationId === station) ?? all[0];
            // Without a station there is but the example, and it stays when there is one by it.
            if (!chosen && !search.start)
              return <Navigate to="." search={(s) => ({ ...s, start: "example" })} replace />;
            const start = chosen && search.start !== "example" ? chosen.stationId : undefined;
            return (
              <>
                {chosen && <Start name={chosen.name} start={start ? "station" : "example"} />}
                {start ? (
                  <FromStation key={start} stationId={start} map={search.map} />
                ) : (
                  <Provisioning key="example" draft="example" begin={example} station={undefined} map={undefined} />
                )}
              </>
            );
          }}
        </Resource>
      ) : (
        <Denied />
      )}
    </Page>
  );
}

function Start({ name, start }: { name: string; start: "station" | "example" }) {
  const t = useT();
  const navigate = useNavigate({ from: "/set-up/provisioning" });
  return (
    <div className={styles.start}>
      <Segments
        label={t("provisioning.start.label")}
        options={[
          {
            key: "station",
            label: t("provisioning.start.station", { name: name.length > 40 ? `${name.slice(0, 40)}…` : name }),
          },
          { key: "example", label: t("provisioning.start.example") },
        ]}
        value={start}
        onChange={(key) => void navigate({ search: (s) => ({ ...s, start: key, map: undefined }) })}
      />
    </div>
  );
}

/** The station as it stands, with a device of the quarantine in it where the address names one. */
function FromStation({ stationId, map }: { stationId: string; map: string | undefined }) {
  const t = useT();
  const station = useStation(stationId);
  const tariffs = useTariffs();
  const quarantine = useQuarantine(map !== undefined);
  return (
    <Resource query={station}>
      {(s) => (
        <Resource query={tariffs}>
          {(all) => {
            if (map === undefined)
              return (
                <Provisioning
                  key="as it stands"
                  draft={stationId}
                  begin={documentOf(s, all)}
                  station={s}
                  map={undefined}
                />
              );
            return (
              <Resource query={quarantine}>
                {(devices) => {
                  const unknown = devices.find(
                    (d) => (d.deviceName || d.deviceId) === map && d.reason === "unknown_device",
                  );
                  const key = `${stationId} ${map}`;
                  // Once it is provisioned and replayed it isn't in quarantine; what was written stays.
                  if (!unknown && !drafts.has(key))
                    return (
                      <Empty title={t("provisioning.notHeld", { device: map })}>{t("provisioning.notHeldText")}</Empty>
                    );
                  const begin = unknown ? withDevice(documentOf(s, all), unknown) : documentOf(s, all);
                  return <Provisioning key={key} draft={key} begin={begin} station={s} map={unknown} />;
                }}
              </Resource>
            );
          }}
        </Resource>
      )}
    </Resource>
  );
}

interface Props {
  draft: string;
  begin: StationDocument;
  /** As it stands; undefined for a document of no station yet. */
  station: Station | undefined;
  map: QuarantinedDevice | undefined;
}

function Provisioning({ draft, begin, station, map }: Props) {
  const t = useT();
  const [text, setText] = useState(() => drafts.get(draft) ?? write(begin));
  const [checked, setChecked] = useState<string>();
  const preview = usePreview();
  const provision = useProvision();
  const outcome = useRef<HTMLDivElement>(null);

  const change = (next: string) => {
    drafts.set(draft, next);
    setText(next);
  };
  const check = () => {
    provision.reset();
    setChecked(text);
    preview.mutate(text, { onSettled: () => outcome.current?.scrollIntoView({ block: "nearest" }) });
  };
  const current = checked === text; // what was found out is about what stands there
  const failure = provision.error ?? preview.error;
  const faults = current && failure ? faultsOf(failure) : none;

  return (
    <div className={styles.columns}>
      <div className={styles.document}>
        <DocumentEditor label={t("provisioning.document")} text={text} onChange={change} faults={faults} />
        <div className={styles.tools}>
          <Button look="primary" onPress={check} isPending={preview.isPending}>
            {t("provisioning.check")}
          </Button>
          <OpenFile accept=".json,application/json" onText={change}>
            {t("provisioning.open")}
          </OpenFile>
          <Button
            look="quiet"
            icon="refresh"
            onPress={() => {
              drafts.delete(draft);
              setText(write(begin));
            }}
          >
            {t("provisioning.restart")}
          </Button>
        </div>
      </div>
      <Panel title={t("provisioning.changes.title")} className={styles.outcome}>
        <div ref={outcome} aria-live="polite">
          {provision.data && current ? (
            <Done station={provision.data} map={map} />
          ) : preview.data && current && !provision.error ? (
            <Changes
              changes={preview.data}
              text={text}
              station={station}
              isPending={provision.isPending}
              onApply={() => provision.mutate(text)}
            />
          ) : current && failure ? (
            faults.length > 0 ? (
              <Empty title={t("provisioning.refused")}>{t("provisioning.refusedText")}</Empty>
            ) : (
              <ErrorState error={failure} onRetry={check} />
            )
          ) : (
            <Empty title={t("provisioning.unchecked")}>
              {map
                ? t("provisioning.mapText", { device: map.deviceName || map.deviceId, station: station?.name ?? "" })
                : t("provisioning.uncheckedText")}
            </Empty>
          )}
        </div>
      </Panel>
    </div>
  );
}

const none: Fault[] = [];

/** The places that are wrong. */
function faultsOf(error: unknown): Fault[] {
  return ApiError.of(error).problems.map((p) => ({ ...p, location: p.location.replace(/^body\.?/, "") }));
}
