import { locales, type Locale } from "../i18n";
import type { Theme } from "../theme/theme";

/** What every page's address may say. */
export interface RootSearch {
  station?: string;
  lang?: Locale;
  theme?: Theme;
}

/** Reads an address; what isn't understood is left out, not guessed. */
export function rootSearch(search: Record<string, unknown>): RootSearch {
  return {
    ...text("station", search.station),
    ...oneOf("lang", search.lang, locales),
    ...oneOf("theme", search.theme, ["light", "dark"] as const),
  };
}

export function oneOf<N extends string, V extends string>(
  name: N,
  value: unknown,
  of: readonly V[],
): Partial<Record<N, V>> {
  return of.includes(value as V) ? ({ [name]: value } as Record<N, V>) : {};
}

/** A text; the router reads a name of digits as a number. */
export function text<N extends string>(name: N, value: unknown): Partial<Record<N, string>> {
  if (typeof value !== "string" && typeof value !== "number") return {};
  return String(value) === "" ? {} : ({ [name]: String(value) } as Record<N, string>);
}

export function localDay<N extends string>(name: N, value: unknown): Partial<Record<N, string>> {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value) || Number.isNaN(Date.parse(value))) return {};
  return { [name]: value } as Record<N, string>;
}
