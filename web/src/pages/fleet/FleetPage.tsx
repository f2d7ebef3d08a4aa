import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { Page } from "../../app/StationPage";
import { useFleet, type FleetItem } from "../../api/fleet";
import { Badge } from "../../components/Badge";
import { DataTable, type Column } from "../../components/DataTable";
import { Field } from "../../components/Field";
import { Resource } from "../../components/Resource";
import { Sparkline } from "../../components/Sparkline";
import { Empty } from "../../components/states";
import { unknown, useFormats, type Format } from "../../format/format";
import { useNow } from "../../format/useNow";
import { useT, type T } from "../../i18n";

/** All stations in lines: what they do now, and their days so far. */
export function FleetPage() {
  const t = useT();
  const fleet = useFleet();
  const now = useNow(10_000);
  const [filter, setFilter] = useState("");
  const formats = useFormats();
  const columns = useMemo(() => fleetColumns(t, formats, now), [t, formats, now]);
  const wanted = filter.trim().toLocaleLowerCase();
  return (
    <Page
      title={t("fleet.title")}
      subtitle={fleet.data && t("fleet.count", { count: fleet.data.length })}
      tools={<Field label={t("fleet.filter")} value={filter} onChange={setFilter} />}
    >
      <Resource
        query={fleet}
        isEmpty={(items) => items.length === 0}
        empty={<Empty title={t("station.none")}>{t("station.noneText")}</Empty>}
      >
        {(items) => (
          <DataTable
            label={t("fleet.title")}
            columns={columns}
            rows={items.filter((s) => `${s.name}\n${s.stationId}`.toLocaleLowerCase().includes(wanted))}
            rowKey={(s) => s.stationId}
            rowHeight={44}
            cards
          />
        )}
      </Resource>
    </Page>
  );
}

// As long as windows wait for a device that is silent: docs/rules.md.
const silentAfter = 30 * 60_000;

function fleetColumns(t: T, formats: (zone: string) => Format, now: number): Column<FleetItem>[] {
  const quantity = (
    key: string,
    header: string,
    unit: string,
    value: (s: FleetItem) => string | null | undefined,
  ): Column<FleetItem> => ({
    key,
    header,
    align: "end",
    cell: (s) => formats(s.timezone).quantity(value(s), unit),
    sort: (s) => number(value(s)),
  });
  return [
    {
      key: "name",
      header: t("fleet.station"),
      rowHeader: true,
      cell: (s) => (
        <Link to="/" search={(search) => ({ ...search, station: s.stationId })} title={s.name}>
          {s.name}
        </Link>
      ),
      sort: (s) => s.name,
    },
    quantity("pv", t("kinds.pv"), "kW", (s) => s.power.pv?.kw),
    quantity("load", t("kinds.load"), "kW", (s) => s.power.load?.kw),
    quantity("grid", t("kinds.grid"), "kW", (s) => s.power.grid?.kw),
    quantity("battery", t("kinds.battery"), "kW", (s) => s.power.battery?.kw),
    quantity("soc", t("fleet.soc"), "%", (s) => s.soc?.percent),
    {
      key: "spark",
      header: t("fleet.lastDay"),
      cell: (s) => <Spark item={s} format={formats(s.timezone)} t={t} />,
    },
    quantity("pvToday", t("fleet.generatedToday"), "kWh", (s) => s.today?.energyKwh.pv),
    quantity("importToday", t("fleet.importedToday"), "kWh", (s) => s.today?.energyKwh.gridImport),
    quantity("exportToday", t("fleet.exportedToday"), "kWh", (s) => s.today?.energyKwh.gridExport),
    {
      key: "net",
      header: t("fleet.netToday"),
      align: "end",
      cell: (s) => formats(s.timezone).money(s.today?.netAmount, s.currency),
      sort: (s) => number(s.today?.netAmount),
    },
    {
      key: "completeness",
      header: t("fleet.completeness"),
      align: "end",
      cell: (s) => formats(s.timezone).percent(s.today?.completeness),
      sort: (s) => s.today?.completeness,
    },
    {
      key: "heard",
      header: t("fleet.heard"),
      cell: (s) =>
        s.heardAt ? (
          <Badge tone={now - Date.parse(s.heardAt) > silentAfter ? "warn" : "good"}>
            {formats(s.timezone).ago(s.heardAt, now)}
          </Badge>
        ) : (
          unknown
        ),
      sort: (s) => s.heardAt && Date.parse(s.heardAt),
    },
  ];
}

function Spark({ item, format, t }: { item: FleetItem; format: Format; t: T }) {
  const values = item.spark;
  const known = values.filter((v) => v !== null);
  if (known.length === 0) return unknown;
  const [min, max] = [Math.min(...known), Math.max(...known)];
  const label = t("fleet.spark", { min: format.quantity(min, "kWh"), max: format.quantity(max, "kWh") });
  return <Sparkline values={values} label={`${t("fleet.lastDay")}: ${label}`} />;
}

function number(value: string | null | undefined): number | null {
  return value == null ? null : Number(value);
}
