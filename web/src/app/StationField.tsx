import { useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useStations } from "../api/stations";
import { Icon } from "../components/Icon";
import { useT } from "../i18n";
import styles from "./StationField.module.css";

// Searching a list by typing is a tenth of the page's script, which the first look at a station doesn't wait for.
const StationPicker = lazy(() => import("./StationPicker"));

/** The station that the page is about; it becomes a field to find another one in when somebody wants to. */
export function StationField() {
  const t = useT();
  const { station } = useSearch({ from: "__root__" });
  const { data: stations = [] } = useStations();
  const [picking, setPicking] = useState(false);
  if (stations.length === 0) return <div className={styles.field} />;
  const name = stations.find((s) => s.stationId === station)?.name ?? t("app.chooseStation");
  const button = (
    <button
      type="button"
      className={styles.button}
      aria-label={t("app.stationIs", { name })}
      aria-haspopup="listbox"
      onClick={() => setPicking(true)}
    >
      <span>{name}</span>
      <Icon name="chevron" size={16} />
    </button>
  );
  return (
    <div className={styles.field}>
      {picking ? (
        <Suspense fallback={button}>
          <StationPicker stations={stations} station={station} onDone={() => setPicking(false)} />
        </Suspense>
      ) : (
        button
      )}
    </div>
  );
}
