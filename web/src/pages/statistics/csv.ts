import type { StatisticsWindow } from "../../api/statistics";
import { offset } from "../../format/zone";
import { energies } from "./windows";

/**
 * The windows as a file for spreadsheets: every number to its last digit as the platform gave it, times in UTC and as
 * the station's clock shows them, with its offset. A byte order mark tells the encoding.
 */
export function csv(windows: readonly StatisticsWindow[], zone: string): string {
  const gauges = [...new Set(windows.flatMap((w) => Object.keys(w.gauges)))].sort();
  const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  const header = [
    "windowStart",
    "windowEnd",
    "localStart",
    "granularity",
    "revision",
    ...energies.map((name) => `${name}Kwh`),
    "selfConsumption",
    "selfSufficiency",
    "demandKw",
    ...gauges.flatMap((g) => [`${g} min`, `${g} max`, `${g} mean`, `${g} last`]),
    "completeness",
    "gridCompleteness",
    "flags",
  ];
  const rows = windows.map((w) => [
    w.windowStart,
    w.windowEnd,
    clock.format(new Date(w.windowStart)) + offset(Date.parse(w.windowStart), zone),
    w.granularity,
    w.revision,
    ...energies.map((name) => w.energyKwh[name]),
    w.selfConsumption,
    w.selfSufficiency,
    w.demandKw,
    ...gauges.flatMap((name) => {
      const g = w.gauges[name];
      return [g?.min, g?.max, g?.mean, g?.last];
    }),
    w.completeness,
    w.gridCompleteness,
    w.flags.join(" "),
  ]);
  return "\uFEFF" + [header, ...rows].map((row) => row.map(field).join(",") + "\r\n").join("");
}

function field(value: string | number | null | undefined): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
