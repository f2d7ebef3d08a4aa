import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { StationPage } from "../../app/StationPage";
import { settlementsCsv, useSettlements } from "../../api/settlements";
import type { StationSummary } from "../../api/stations";
import { Button } from "../../components/Button";
import { Resource } from "../../components/Resource";
import { ErrorState } from "../../components/states";
import { saveFile } from "../../components/saveFile";
import { useFormat } from "../../format/format";
import { useNow } from "../../format/useNow";
import { addDays, localDate } from "../../format/zone";
import { useT } from "../../i18n";
import { DayDetail } from "./DayDetail";
import { MonthCalendar } from "./MonthCalendar";
import { addMonths, lastDay } from "./month";
import styles from "./SettlementsPage.module.css";

/** What the days cost and earned. */
export function SettlementsPage() {
  const t = useT();
  return (
    <StationPage title={t("settlements.title")}>
      {(station) => <Settlements key={station.stationId} station={station} />}
    </StationPage>
  );
}

function Settlements({ station }: { station: StationSummary }) {
  const t = useT();
  const format = useFormat(station.timezone);
  const search = useSearch({ from: "/settlements" });
  const navigate = useNavigate({ from: "/settlements" });
  const today = localDate(useNow(60_000), station.timezone);
  const day = search.day ?? addDays(today, -1);
  const month = day.slice(0, 7);
  const days = useSettlements(station.stationId, `${month}-01`, lastDay(month));
  const [focused, setFocused] = useState<string>();

  const go = (to: string, byKey = false) => {
    setFocused(byKey ? to : undefined);
    void navigate({ search: (s) => ({ ...s, day: to }) });
  };
  const goMonth = (by: number) => {
    const next = addMonths(month, by);
    const end = lastDay(next);
    const same = next + day.slice(7);
    go(same < end ? same : end);
  };
  const csv = useMutation({
    mutationFn: (of: string) => settlementsCsv(station.stationId, `${of}-01`, lastDay(of)),
    onSuccess: (file, of) => saveFile(file, `${station.stationId}-settlements-${of}.csv`),
  });
  const save = () => csv.mutate(month);

  return (
    <>
      <div className={styles.tools}>
        <Button look="quiet" icon="previous" iconOnly onPress={() => goMonth(-1)}>
          {t("settlements.monthBefore")}
        </Button>
        <h2 className={styles.month} aria-live="polite">
          {format.date(`${month}-01`, "month")}
        </h2>
        <Button look="quiet" icon="next" iconOnly onPress={() => goMonth(1)}>
          {t("settlements.monthAfter")}
        </Button>
        <Button icon="download" isPending={csv.isPending} onPress={save}>
          {t("settlements.csv")}
        </Button>
      </div>
      {csv.error && <ErrorState error={csv.error} onRetry={save} />}
      <div className={styles.columns}>
        <Resource query={days}>
          {(settled) => <MonthCalendar {...{ month, day, today, station, focused }} settlements={settled} onDay={go} />}
        </Resource>
        <DayDetail key={day} station={station} date={day} today={today} />
      </div>
    </>
  );
}
