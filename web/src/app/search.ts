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

export function oneOf<N extends string, V extends string>(name: N, value: unknown, of: readonly V[]): Read<N, V> {
  return read(name, value, of.includes(value as V) ? (value as V) : undefined);
}

/** A text; the router reads a name of digits as a number. */
export function text<N extends string>(name: N, value: unknown): Read<N, string> {
  const is = typeof value === "string" || typeof value === "number";
  return read(name, value, is && value !== "" ? String(value) : undefined);
}

/** A day that there is, in years that a station may be in. */
export function localDay<N extends string>(name: N, value: unknown): Read<N, string> {
  return read(name, value, typeof value === "string" && isDay(value) ? value : undefined);
}

function isDay(text: string): boolean {
  if (text < "1970" || text >= "2200" || Number.isNaN(Date.parse(text))) return false;
  // 31 February is read as 3 March.
  return new Date(text).toISOString().slice(0, 10) === text;
}

type Read<N extends string, V> = Partial<Record<N, V | undefined>>;

// The router lays what is read here over the address as it stands: what isn't understood has to be undefined there.
function read<N extends string, V>(name: N, value: unknown, understood: V | undefined): Read<N, V> {
  return value === undefined ? {} : ({ [name]: understood } as Read<N, V>);
}
