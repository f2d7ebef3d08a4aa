import { useState } from "react";
import { useCloseWindows } from "../../api/settlements";
import type { StationSummary } from "../../api/stations";
import type { StatisticsWindow } from "../../api/statistics";
import { Button } from "../../components/Button";
import { Dialog, DialogActions } from "../../components/Dialog";
import { Select } from "../../components/Select";
import { ErrorState } from "../../components/states";
import { useFormat } from "../../format/format";
import { useNow } from "../../format/useNow";
import { useT } from "../../i18n";
import styles from "./SettlementsPage.module.css";

interface Props {
  station: StationSummary;
  /** The day, in milliseconds. */
  from: number;
  to: number;
  quarters: StatisticsWindow[];
  onClose: () => void;
}

const hour = 3_600_000;
const quarter = 900_000;

/** Closes a day, or an hour of it, by hand, once it is said what that does. */
export function CloseDialog({ station, from, to, quarters, onClose }: Props) {
  const t = useT();
  const format = useFormat(station.timezone);
  const now = useNow(30_000);
  const close = useCloseWindows(station.stationId);
  const [chosen, setChosen] = useState("all");
  const closed = new Set(quarters.map((w) => Date.parse(w.windowStart)));
  const open = (start: number, end: number) => {
    let n = 0;
    for (let time = start; time < end; time += quarter) if (!closed.has(time)) n++;
    return n;
  };
  // Windows that aren't over can't be closed.
  const until = Math.min(to, from + Math.floor((now - from) / hour) * hour);
  const hours: number[] = [];
  for (let time = from; time < until; time += hour) if (open(time, time + hour) > 0) hours.push(time);
  const [start, end] = chosen === "all" ? [from, until] : [Number(chosen), Number(chosen) + hour];
  const count = open(start, end);
  const wholeDay = until === to && count > 0 && count === open(from, to);

  return (
    <Dialog title={t("settlements.close.title")} isOpen onClose={onClose}>
      {hours.length === 0 ? (
        <p>{t("settlements.close.nothing")}</p>
      ) : (
        <>
          <Select
            label={t("settlements.close.what")}
            options={[
              {
                key: "all",
                label:
                  until === to
                    ? t("settlements.close.day")
                    : t("settlements.close.until", { time: format.time(until) }),
              },
              ...hours.map((time) => ({
                key: String(time),
                label: t("settlements.close.hour", { from: format.time(time), to: format.time(time + hour) }),
              })),
            ]}
            value={chosen}
            onChange={setChosen}
          />
          <ul className={styles.list}>
            <li>{t("settlements.close.quarters", { count })}</li>
            <li>{t("settlements.close.missing")}</li>
            {wholeDay && <li>{t("settlements.close.settles")}</li>}
            <li>{t("settlements.close.late")}</li>
          </ul>
        </>
      )}
      {close.error && <ErrorState error={close.error} />}
      <DialogActions>
        {hours.length > 0 && (
          <Button
            look="primary"
            isPending={close.isPending}
            isDisabled={count === 0}
            onPress={() => close.mutate({ from: start, to: end }, { onSuccess: onClose })}
          >
            {t("settlements.close.button")}
          </Button>
        )}
        <Button onPress={onClose}>{t("settlements.close.cancel")}</Button>
      </DialogActions>
    </Dialog>
  );
}
