import { Navigate, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
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
import { drafts } from "./drafts";
import styles from "./ProvisioningPage.module.css";

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
            if (!chosen && search.start !== "example")
              return <Navigate to="." search={(s) => ({ ...s, start: "example" })} replace />;
            const start = chosen && search.start !== "example" ? chosen.stationId : undefined;
            return (
              <>
                {chosen && <Start start={start ? "station" : "example"} />}
                {start ? (
                  <FromStation key={start} stationId={start} map={search.map} />
                ) : (
                  <Begin
                    key="example"
                    draft="example"
                    document={search.map === undefined ? example : { ...example, devices: [] }}
                    station={undefined}
                    map={search.map}
                  />
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

function Start({ start }: { start: "station" | "example" }) {
  const t = useT();
  const navigate = useNavigate({ from: "/set-up/provisioning" });
  return (
    <div className={styles.start}>
      <Segments
        label={t("provisioning.start.label")}
        options={[
          { key: "station", label: t("provisioning.start.station") },
          { key: "example", label: t("provisioning.start.example") },
        ]}
        value={start}
        onChange={(key) => void navigate({ search: (s) => ({ ...s, start: key }) })}
      />
    </div>
  );
}

function FromStation({ stationId, map }: { stationId: string; map: string | undefined }) {
  const station = useStation(stationId);
  const tariffs = useTariffs();
  return (
    <Resource query={station}>
      {(s) => (
        <Resource query={tariffs}>
          {(all) => <Begin draft={stationId} document={documentOf(s, all)} station={s} map={map} />}
        </Resource>
      )}
    </Resource>
  );
}

interface BeginProps {
  /** What the text that somebody writes is kept under. */
  draft: string;
  document: StationDocument;
  /** As it stands; undefined for a document of no station yet. */
  station: Station | undefined;
  /** A device in quarantine that the document is to have, too. */
  map: string | undefined;
}

function Begin({ map, ...begin }: BeginProps) {
  const quarantine = useQuarantine(map !== undefined);
  if (map === undefined) return <Provisioning key="as it stands" {...begin} held={undefined} />;
  return (
    <Resource query={quarantine}>
      {(devices) => (
        <FromQuarantine
          key={map}
          {...begin}
          map={map}
          found={devices.find((d) => (d.deviceName || d.deviceId) === map && !d.stationId)}
        />
      )}
    </Resource>
  );
}

function FromQuarantine({ draft, document, station, map, found }: BeginProps & { map: string; found: Held }) {
  const t = useT();
  // Once it is replayed it isn't in quarantine any more; the page still is about it.
  const [held] = useState(found);
  if (!held) return <Empty title={t("provisioning.notHeld", { device: map })}>{t("provisioning.notHeldText")}</Empty>;
  return <Provisioning draft={`${draft} ${map}`} document={withDevice(document, held)} station={station} held={held} />;
}

type Held = QuarantinedDevice | undefined;

function Provisioning({ draft, document, station, held }: Omit<BeginProps, "map"> & { held: Held }) {
  const t = useT();
  const standing = write(document);
  const [text, setText] = useState(() => drafts.read(draft) ?? standing);
  const [given, setGiven] = useState<string>(); // up, by starting again
  const [checked, setChecked] = useState<string>();
  const preview = usePreview();
  const provision = useProvision();
  const outcome = useRef<HTMLDivElement>(null);

  const change = (next: string) => {
    drafts.keep(draft, next);
    setText(next);
  };
  const answered = preview.isSuccess || preview.isError;
  useEffect(() => {
    // On a phone it stands below the document.
    if (answered) outcome.current?.scrollIntoView({ block: "nearest" });
  }, [answered]);
  const check = () => {
    provision.reset();
    setChecked(text);
    preview.mutate(text);
  };
  const current = checked === text; // what was found out is about what stands there
  const failure = provision.error ?? preview.error;
  const faults = current && failure ? faultsOf(failure) : none;

  return (
    <div className={styles.columns}>
      <div className={styles.document}>
        <DocumentEditor label={t("provisioning.document")} text={text} onChange={change} faults={faults} />
        {station && text !== standing && !(provision.data && current) && (
          <p className={styles.soft}>{t("provisioning.draft")}</p>
        )}
        <div className={styles.tools}>
          <Button look="primary" onPress={check} isPending={preview.isPending}>
            {t("provisioning.check")}
          </Button>
          <OpenFile accept=".json,application/json" onText={change}>
            {t("provisioning.open")}
          </OpenFile>
          {text === standing && given !== undefined ? (
            <Button look="quiet" icon="previous" onPress={() => change(given)}>
              {t("provisioning.takeBack")}
            </Button>
          ) : (
            <Button
              look="quiet"
              icon="refresh"
              onPress={() => {
                setGiven(text === standing ? undefined : text);
                drafts.drop(draft);
                setText(standing);
              }}
            >
              {t("provisioning.restart")}
            </Button>
          )}
        </div>
      </div>
      <Panel title={t("provisioning.changes.title")} className={styles.outcome}>
        <div ref={outcome} className={styles.answer} aria-live="polite">
          {provision.data && current ? (
            <Done station={provision.data} held={held} />
          ) : preview.data && current && !provision.error ? (
            <Changes
              changes={preview.data}
              text={text}
              isPending={provision.isPending}
              onApply={() => provision.mutate(text, { onSuccess: () => drafts.drop(draft) })}
            />
          ) : current && failure ? (
            faults.length > 0 ? (
              <Empty title={t("provisioning.refused")}>{t("provisioning.refusedText")}</Empty>
            ) : (
              <ErrorState error={failure} onRetry={check} />
            )
          ) : (
            <Empty title={t("provisioning.unchecked")}>
              {held
                ? t("provisioning.mapText", { device: held.deviceName || held.deviceId })
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
