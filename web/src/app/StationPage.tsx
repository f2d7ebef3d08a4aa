import { Link, Navigate, useSearch } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";
import { useStations, type StationSummary } from "../api/stations";
import { Resource } from "../components/Resource";
import { Empty } from "../components/states";
import { useT } from "../i18n";
import styles from "./Page.module.css";

interface Props {
  title: string;
  /** What stands beside the title: the range, the granularity. */
  tools?: ReactNode;
  children: (station: StationSummary) => ReactNode;
}

/** A page about the station in the address; without one there, about the first. */
export function StationPage({ title, tools, children }: Props) {
  const t = useT();
  const { station } = useSearch({ from: "__root__" });
  const stations = useStations();
  const found = stations.data?.find((s) => s.stationId === station);
  return (
    <Page title={title} subtitle={found?.name} tools={found && tools}>
      <Resource
        query={stations}
        isEmpty={(all) => all.length === 0}
        empty={<Empty title={t("station.none")}>{t("station.noneText")}</Empty>}
      >
        {([first]) => {
          if (found) return children(found);
          if (!station && first)
            return <Navigate to="." search={(s) => ({ ...s, station: first.stationId })} replace />;
          return (
            <Empty title={t("station.unknown")}>
              <Link to="/fleet" search={(s) => ({ ...s, station: undefined })}>
                {t("nav.fleet")}
              </Link>
            </Empty>
          );
        }}
      </Resource>
    </Page>
  );
}

const bidiControls = /[\u202a-\u202e\u2066-\u2069]/g;

interface PageProps {
  title: string;
  subtitle?: string | undefined;
  tools?: ReactNode;
  children: ReactNode;
}

/** A page's heading, its tools, and what it shows. */
export function Page({ title, subtitle, tools, children }: PageProps) {
  const t = useT();
  const platform = t("app.name");
  useEffect(() => {
    // A name could turn what the browser shows beside it around; in the page <bdi> keeps it from that.
    document.title = [title, subtitle?.replace(bidiControls, ""), platform].filter(Boolean).join(" · ");
  }, [title, subtitle, platform]);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>
          {title} {subtitle && <bdi className={styles.subtitle}>{subtitle}</bdi>}
        </h1>
        {tools && <div className={styles.tools}>{tools}</div>}
      </header>
      {children}
    </div>
  );
}
