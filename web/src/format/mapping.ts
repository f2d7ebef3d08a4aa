import type { Mapping } from "../api/station";
import type { T } from "../i18n";
import { isZero } from "./decimal";
import type { Format } from "./format";

/** How a number that was sent becomes a sample: W × 0.1 + 5, negated. */
export function reading(m: Mapping, t: T, format: Format): string {
  const parts = [m.unit === "other" ? t("mapping.noUnit") : m.unit];
  if (m.scale !== "1") parts.push(`× ${m.scale}`);
  if (!isZero(m.offset)) parts.push(m.offset.startsWith("-") ? `− ${m.offset.slice(1)}` : `+ ${m.offset}`);
  const words = [parts.join(" ")];
  if (m.sign < 0) words.push(t("mapping.negated"));
  if (m.kind === "counter") words.push(t("mapping.counter"));
  if (m.validFrom && !m.validUntil) words.push(t("mapping.since", { time: format.time(m.validFrom, "dateTime") }));
  return words.join(" · ");
}
