import type { Device, Mapping, Station } from "../../api/station";
import type { LatestValue } from "../../api/telemetry";

/** A semantic point of a device: its mapping, what came before and will come, and what it reads now. */
export interface Point {
  mapping: Mapping;
  /** Mappings of the same point that don't hold now, in order of time. */
  others: Mapping[];
  /** Whether the mapping holds now; else it is the point's last. */
  holds: boolean;
  live: LatestValue | undefined;
  doubt: Doubt | undefined;
}

/** What may be wrong with what a point reads. */
export type Doubt = "unheard" | "noNumber" | "outOfRange" | "negative" | "aboveRating" | "noShare" | "old";

/** The points of a device, by the names of what they mean. */
export function pointsOf(device: Device, ratings: Station["ratings"], values: LatestValue[], now: number): Point[] {
  const own = values.filter((v) => v.deviceId === device.deviceId);
  const names = [...new Set(device.points.map((m) => m.semantic))];
  return names.map((semantic) => {
    const all = device.points.filter((m) => m.semantic === semantic);
    const current = all.findLast((m) => begun(m, now) && !over(m, now));
    const mapping = current ?? all.at(-1);
    if (!mapping) throw new Error("a name stands for at least one mapping");
    const live = own.find((v) => v.key === mapping.key && (v.semantic === semantic || v.semantic === null));
    return {
      mapping,
      others: all.filter((m) => m !== mapping),
      holds: current !== undefined,
      live,
      doubt: current && doubtOf(current, ratings, live, now),
    };
  });
}

/** What a device says that nothing is mapped to. */
export function unmapped(device: Device, values: LatestValue[]): LatestValue[] {
  return values.filter((v) => v.deviceId === device.deviceId && v.semantic === null);
}

// As long as windows wait for a device that is silent: docs/rules.md.
const oldAfter = 30 * 60_000;

function doubtOf(m: Mapping, ratings: Station["ratings"], live: LatestValue | undefined, now: number) {
  if (!live) return "unheard";
  if (live.reason === "no_number") return "noNumber";
  if (live.reason === "out_of_range") return "outOfRange";
  const value = Number(live.mapped);
  const [kind = "", quantity] = m.semantic.split(".");
  if (quantity === "active_power" && live.mapped !== null) {
    if (kind !== "grid" && kind !== "battery" && value < 0) return "negative";
    const rating = ratingOf(kind, ratings);
    if (rating > 0 && Math.abs(value) > 1.5 * rating) return "aboveRating";
  }
  if (m.semantic === "battery.soc" && (value < 0 || value > 100)) return "noShare";
  return now - Date.parse(live.ts) > oldAfter ? "old" : undefined;
}

/** What can flow through a part at most, in kW; 0 where it isn't known. */
function ratingOf(kind: string, r: Station["ratings"]): number {
  const sum = (...parts: (string | undefined)[]) => parts.reduce((total, part) => total + Number(part ?? 0), 0);
  switch (kind) {
    case "grid":
      return sum(r.gridKw);
    case "pv":
      return sum(r.pvKw);
    case "battery":
      return sum(r.batteryKw);
    case "evse":
      return sum(r.evseKw);
    case "genset":
      return sum(r.gensetKw);
    case "load":
      return sum(r.gridKw, r.pvKw, r.batteryKw, r.gensetKw);
  }
  return 0;
}

function begun({ validFrom }: Mapping, now: number): boolean {
  return !validFrom || Date.parse(validFrom) <= now;
}

function over({ validUntil }: Mapping, now: number): boolean {
  return validUntil !== undefined && Date.parse(validUntil) <= now;
}
