import { add, negate } from "../../format/decimal";
import type { Kind, Power } from "../../api/power";

/** What flows onto the site's bus and off it, and whether the two are the same. */
export interface Balance {
  terms: { kind: Kind; sign: 1 | -1; power: Power }[];
  load: Power | undefined;
  /** What the terms come to less the load, in kW; null where one of both follows from the other. */
  difference: string | null;
  /** Whether it is more than meters that aren't read at the same moment explain. */
  off: boolean;
  /** The one part that would make it right if it were read otherwise. */
  suspect: { kind: Kind; what: "sign" | "unit" } | undefined;
}

const order: [Kind, 1 | -1][] = [
  ["grid", 1],
  ["pv", 1],
  ["battery", 1],
  ["genset", 1],
  ["evse", -1],
];

// Of the greatest power, and in kW: what a meter's class and a few seconds between readings may make.
const tolerated = { share: 0.1, kw: 0.2 };

/** load = grid + pv + battery + genset - evse, as docs/rules.md has it. */
export function balanceOf(parts: Partial<Record<Kind, Power>>): Balance {
  const terms = order.flatMap(([kind, sign]) => {
    const power = parts[kind];
    return power ? [{ kind, sign, power }] : [];
  });
  const { load, grid } = parts;
  const none = { terms, load, difference: null, off: false, suspect: undefined };
  if (!load || load.kw === null || load.derived || !grid || grid.derived) return none;
  let difference = negate(load.kw);
  for (const { sign, power } of terms) {
    if (power.kw === null) return none;
    difference = add(difference, sign > 0 ? power.kw : negate(power.kw));
  }

  // From here on it is about plausibility, which binary numbers are exact enough for.
  const flows = [...terms, { kind: "load" as Kind, sign: -1, power: load }].map(({ kind, sign, power }) => ({
    kind,
    kw: sign * Number(power.kw),
  }));
  const rest = Number(difference);
  const isOff = (kw: number, of: number[]) =>
    Math.abs(kw) > Math.max(tolerated.kw, tolerated.share * Math.max(...of.map(Math.abs)));
  const off = isOff(
    rest,
    flows.map((f) => f.kw),
  );
  const otherwise = (kind: Kind, factor: number) => {
    const read = flows.map((f) => (f.kind === kind ? f.kw * factor : f.kw));
    const sum = read.reduce((a, b) => a + b, 0);
    return !isOff(sum, read);
  };
  const suspects = off
    ? flows.flatMap(({ kind }) => [
        ...(otherwise(kind, -1) ? [{ kind, what: "sign" as const }] : []),
        ...(otherwise(kind, 1000) || otherwise(kind, 0.001) ? [{ kind, what: "unit" as const }] : []),
      ])
    : [];
  return { terms, load, difference, off, suspect: suspects.length === 1 ? suspects[0] : undefined };
}
