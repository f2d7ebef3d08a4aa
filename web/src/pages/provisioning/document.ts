import type { QuarantinedDevice } from "../../api/quarantine";
import type { Mapping, Station } from "../../api/station";
import type { Tariff } from "../../api/tariffs";
import { partOf } from "../../format/device";

/** A provisioning document. What a user writes may be anything; this is what the page makes itself. */
export interface StationDocument {
  stationId: string;
  name: string;
  timezone: string;
  currency: string;
  ratings: Station["ratings"];
  devices: DeviceDocument[];
  tariff?: object;
}

interface DeviceDocument {
  deviceId: string;
  kind: string;
  thingsboard: { deviceName: string; deviceId?: string };
  points: (Partial<Mapping> & Pick<Mapping, "key" | "semantic">)[];
}

/** The document that says what already holds, without what goes without saying. */
export function documentOf(station: Station, tariffs: Tariff[]): StationDocument {
  const { stationId, name, timezone, currency, ratings } = station;
  const tariff = tariffOf(station, tariffs);
  return {
    stationId,
    name,
    timezone,
    currency,
    ratings,
    devices: station.devices
      .filter((d) => !d.removedAt)
      .map(({ deviceId, kind, thingsboard, points }) => ({
        deviceId,
        kind,
        thingsboard,
        points: points.filter((m) => !m.validUntil).map(brief),
      })),
    ...(tariff && { tariff }),
  };
}

const defaults: Partial<Mapping> = {
  interpolation: "linear",
  maxGap: "30m",
  scale: "1",
  offset: "0",
  sign: 1,
  step: "0",
};

/** A mapping without its defaults. A point's kind follows from what it means. */
function brief(m: Mapping): DeviceDocument["points"][number] {
  const { key, semantic, unit } = m;
  const given = Object.entries(m).filter(
    ([name, value]) => name !== "kind" && defaults[name as keyof Mapping] !== value,
  );
  return { key, semantic, unit, ...(Object.fromEntries(given) as Partial<Mapping>) };
}

/** The latest version of the station's tariff; left out where naming it would give the station another. */
function tariffOf({ tariffs }: Station, all: Tariff[]): object | undefined {
  const assigned = tariffs.at(-1);
  const versions = all.find((x) => x.tariffId === assigned?.tariffId)?.versions ?? [];
  const latest = versions.toSorted((a, b) => a.validFrom.localeCompare(b.validFrom) || a.version - b.version).at(-1);
  if (!assigned || !latest || latest.validFrom < assigned.validFrom) return undefined;
  const said = Object.entries(latest).filter(([name]) => name !== "version");
  return { tariffId: assigned.tariffId, ...Object.fromEntries(said) };
}

/** The document with a device that is in quarantine, and what its keys seem to mean. */
export function withDevice(document: StationDocument, unknown: QuarantinedDevice): StationDocument {
  const name = unknown.deviceName || unknown.deviceId;
  const kind = kinds.find(([pattern]) => pattern.test(name))?.[1] ?? "sensor";
  const taken = new Set(document.devices.map((d) => d.deviceId));
  const device: DeviceDocument = {
    deviceId: unusedId(name, taken),
    kind,
    thingsboard: { deviceName: name, ...(unknown.deviceId && { deviceId: unknown.deviceId }) },
    points: pointsOf(kind, Object(unknown.values) as Record<string, unknown>),
  };
  return { ...document, devices: [device, ...document.devices] };
}

const kinds: [RegExp, string][] = [
  [/batter|storage|\bess\b|\bbms\b|\bpcs\b|储能|电池/i, "battery"],
  [/\bpv|solar|inverter|光伏|逆变/i, "pv_inverter"],
  [/evse|charger|wallbox|充电/i, "evse"],
  [/gen-?set|generator|diesel|柴油|发电机/i, "genset"],
  [/load|consum|负荷|用电/i, "load_meter"],
  [/grid|meter|mains|关口|电表/i, "grid_meter"],
];

/** A guess for each number that came; two keys never give one point. */
function pointsOf(kind: string, values: Record<string, unknown>): DeviceDocument["points"] {
  const used = new Set<string>();
  return Object.entries(values).flatMap(([key, value]) => {
    if (typeof value !== "number" && (typeof value !== "string" || value.trim() === "" || isNaN(Number(value))))
      return [];
    const guess = meaning(kind, key);
    const semantic = guess && !used.has(guess.semantic) ? guess.semantic : `${partOf(kind)}.${idOf(key)}`;
    if (used.has(semantic)) return [];
    used.add(semantic);
    return [{ key, semantic, unit: semantic === guess?.semantic ? guess.unit : "other" }];
  });
}

function meaning(kind: string, key: string): { semantic: string; unit: string } | undefined {
  const of = partOf(kind);
  if (of === "sensor") return undefined;
  const unit = /(^|_)(mwh|kwh|wh|mw|kw|w)$/i.exec(key)?.[2]?.toLowerCase();
  const asUnit = (fallback: string) => units.find((u) => u.toLowerCase() === unit) ?? fallback;
  if (of === "battery" && /soc/i.test(key)) return { semantic: "battery.soc", unit: "%" };
  if (/energy|yield|import|export|wh$/i.test(key)) {
    const direction =
      of === "grid"
        ? /export|feed|reverse/i.test(key)
          ? "export_"
          : "import_"
        : of === "battery"
          ? /dis/i.test(key)
            ? "discharge_"
            : "charge_"
          : "";
    return { semantic: `${of}.${direction}energy`, unit: unit?.endsWith("wh") ? asUnit("kWh") : "kWh" };
  }
  if (/power|(^|_)p(_|$)|w$/i.test(key)) {
    return { semantic: `${of}.active_power`, unit: unit && !unit.endsWith("wh") ? asUnit("kW") : "kW" };
  }
  return undefined;
}

const units = ["W", "kW", "MW", "Wh", "kWh", "MWh"];

function unusedId(name: string, taken: Set<string>): string {
  const id = idOf(name);
  for (let n = 1; ; n++) {
    const tried = n === 1 ? id : `${id}-${n}`;
    if (!taken.has(tried)) return tried;
  }
}

/** What the platform takes for an id: ASCII letters and digits, and "-" for all else. */
function idOf(name: string): string {
  const id = name
    .replace(/[^A-Za-z0-9_.:-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|-+$/g, "")
    .slice(0, 80);
  return id || "device";
}

const width = 100;

/** JSON as somebody would write it: what fits into a line stands in one. */
export function write(document: StationDocument): string {
  return written(document, "", true);
}

function written(value: unknown, indent: string, broken = false): string {
  const line = JSON.stringify(value, null, 1).replace(/\n */g, " ");
  if (typeof value !== "object" || value === null || (!broken && indent.length + line.length <= width)) return line;
  const inner = `${indent}  `;
  const [begin, parts, end] = Array.isArray(value)
    ? ["[", value.map((item) => written(item, inner)), "]"]
    : ["{", Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${written(v, inner)}`), "}"];
  return `${begin}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${end}`;
}

/** A site with everything in it, to start from. */
export const example: StationDocument = {
  stationId: "new-station",
  name: "New station",
  timezone: "Asia/Shanghai",
  currency: "CNY",
  ratings: { gridKw: "100", pvKw: "60", batteryKw: "50", batteryKwh: "100" },
  devices: [
    {
      deviceId: "grid-meter",
      kind: "grid_meter",
      thingsboard: { deviceName: "New station grid meter" },
      points: [
        { key: "power_w", semantic: "grid.active_power", unit: "W" },
        { key: "import_kwh", semantic: "grid.import_energy", unit: "kWh" },
        { key: "export_kwh", semantic: "grid.export_energy", unit: "kWh" },
      ],
    },
    {
      deviceId: "pv-inverter",
      kind: "pv_inverter",
      thingsboard: { deviceName: "New station PV inverter" },
      points: [{ key: "power_w", semantic: "pv.active_power", unit: "W" }],
    },
    {
      deviceId: "battery",
      kind: "battery",
      thingsboard: { deviceName: "New station battery" },
      points: [
        { key: "power_kw", semantic: "battery.active_power", unit: "kW", sign: -1 },
        { key: "soc", semantic: "battery.soc", unit: "%" },
      ],
    },
  ],
  tariff: {
    tariffId: "new-station-tariff",
    validFrom: "2026-01-01",
    import: {
      kind: "tou",
      periods: [
        { name: "peak", price: "1.1530", rules: [{ times: ["08:00-12:00", "17:00-21:00"] }] },
        { name: "flat", price: "0.7285", rules: [{ times: ["12:00-17:00", "21:00-24:00"] }] },
        { name: "valley", price: "0.3340", rules: [{ times: ["00:00-08:00"] }] },
      ],
    },
    export: { kind: "fixed", price: "0.4155" },
  },
};
