import type { LatestValue } from "./telemetry";
import { add, negate } from "../format/decimal";

export const kinds = ["pv", "grid", "battery", "load", "evse", "genset"] as const;
export type Kind = (typeof kinds)[number];

/** What flows at a part of the station now, in its own sign: grid > 0 is import, battery > 0 is discharge. */
export interface Power {
  kw: string | null;
  /** When the oldest value in it was measured. */
  ts: string | null;
  /** Nothing measures it: it follows from the others. */
  derived: boolean;
}

/** The power of each part that the station has, from the latest values of its devices. */
export function powers(values: LatestValue[]): Partial<Record<Kind, Power>> {
  const parts: Partial<Record<Kind, Power>> = {};
  for (const kind of kinds) {
    const mapped = values.filter((v) => v.semantic?.startsWith(`${kind}.`));
    if (mapped.length > 0) parts[kind] = sum(mapped.filter((v) => v.semantic === `${kind}.active_power`));
  }
  // load = grid + pv + battery + genset - evse, as docs/rules.md has it; a grid that nothing measures likewise.
  if (!parts.load && parts.grid) parts.load = balance(parts, ["grid", "pv", "battery", "genset"], ["evse"]);
  else if (!parts.grid && parts.load) parts.grid = balance(parts, ["load", "evse"], ["pv", "battery", "genset"]);
  return parts;
}

/** The states of charge of the station's batteries, from the least to the most. */
export function stateOfCharge(values: LatestValue[]): string[] {
  return values
    .flatMap((v) => (v.semantic === "battery.soc" && v.mapped !== null ? [v.mapped] : []))
    .toSorted((a, b) => Number(a) - Number(b));
}

function sum(values: LatestValue[]): Power {
  let total: Power = { kw: null, ts: null, derived: false };
  for (const { mapped, ts } of values) {
    // A part that isn't known makes the whole unknown.
    if (mapped === null) return { kw: null, ts, derived: false };
    total = { kw: add(total.kw ?? "0", mapped), ts: oldest(total.ts, ts), derived: false };
  }
  return total;
}

function balance(parts: Partial<Record<Kind, Power>>, plus: Kind[], minus: Kind[]): Power {
  let kw = "0";
  let ts: string | null = null;
  for (const kind of [...plus, ...minus]) {
    const part = parts[kind];
    if (!part) continue;
    if (part.kw === null) return { kw: null, ts: null, derived: true };
    kw = add(kw, minus.includes(kind) ? negate(part.kw) : part.kw);
    ts = oldest(ts, part.ts);
  }
  return { kw, ts, derived: true };
}

function oldest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return Date.parse(a) < Date.parse(b) ? a : b;
}
