import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { StationPage } from "../../app/StationPage";
import { usePrices, type PriceStep } from "../../api/prices";
import type { StationSummary } from "../../api/stations";
import { Button } from "../../components/Button";
import { Panel } from "../../components/Panel";
import { Resource } from "../../components/Resource";
import { Segments } from "../../components/Segments";
import { Empty } from "../../components/states";
import { useNow } from "../../format/useNow";
import { localDate } from "../../format/zone";
import { useT } from "../../i18n";
import { Profiles } from "./Profiles";
import { Tariffs } from "./Tariffs";
import styles from "./TariffsPage.module.css";
import { yearOf, yearSpan } from "./year";
import { YearMap } from "./YearMap";

/** Which price holds when, over a year of a station, and the tariffs that say so. */
export function TariffsPage() {
  const t = useT();
  return (
    <StationPage title={t("tariffs.title")}>
      {(station) => (
        <>
          <YearPanel station={station} />
          <Tariffs station={station} />
        </>
      )}
    </StationPage>
  );
}

// As far as dates of the platform's calendar and a page's patience go.
const years = { first: 2000, last: 2099 };

function YearPanel({ station }: { station: StationSummary }) {
  const t = useT();
  const search = useSearch({ from: "/set-up/tariffs" });
  const navigate = useNavigate({ from: "/set-up/tariffs" });
  const today = localDate(useNow(60_000), station.timezone);
  const asked = Number(search.year);
  const year =
    Number.isInteger(asked) && asked >= years.first && asked <= years.last ? asked : Number(today.slice(0, 4));
  const direction = search.direction ?? "import";
  const { from, to } = useMemo(() => yearSpan(year, station.timezone), [year, station.timezone]);
  const prices = usePrices(station.stationId, from, to);
  const go = (to: number) => void navigate({ search: (s) => ({ ...s, year: String(to) }) });
  return (
    <Panel
      title={t("tariffs.year.title")}
      aside={
        <>
          <Segments
            label={t("tariffs.direction")}
            options={(["import", "export"] as const).map((key) => ({ key, label: t(`tariffs.directions.${key}`) }))}
            value={direction}
            onChange={(key) => void navigate({ search: (s) => ({ ...s, direction: key }) })}
          />
          <span className={styles.years}>
            <Button look="quiet" icon="previous" iconOnly isDisabled={year <= years.first} onPress={() => go(year - 1)}>
              {t("tariffs.year.earlier")}
            </Button>
            <b>{year}</b>
            <Button look="quiet" icon="next" iconOnly isDisabled={year >= years.last} onPress={() => go(year + 1)}>
              {t("tariffs.year.later")}
            </Button>
          </span>
        </>
      }
    >
      <Resource query={prices}>
        {({ items, currency }) => (
          <YearShown
            key={`${station.stationId} ${year} ${direction}`}
            steps={items}
            {...{ direction, year, currency, today, zone: station.timezone }}
          />
        )}
      </Resource>
    </Panel>
  );
}

interface YearProps {
  steps: PriceStep[];
  direction: "import" | "export";
  year: number;
  currency: string;
  today: string;
  zone: string;
}

function YearShown({ steps, direction, year, currency, today, zone }: YearProps) {
  const t = useT();
  const shown = useMemo(() => yearOf(steps, direction, year, zone), [steps, direction, year, zone]);
  if (shown.prices.length === 0) {
    return direction === "import" ? (
      <Empty title={t("tariffs.year.none", { year: String(year) })}>{t("tariffs.year.noneText")}</Empty>
    ) : (
      <Empty title={t("tariffs.year.noExport", { year: String(year) })}>{t("tariffs.year.noExportText")}</Empty>
    );
  }
  return (
    <>
      <YearMap year={shown} currency={currency} zone={zone} today={today} />
      <Profiles year={shown} currency={currency} zone={zone} />
    </>
  );
}
