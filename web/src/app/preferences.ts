import { preferredLocale, type Locale } from "../i18n";
import type { Theme } from "../theme/theme";

// What somebody chose stays on this machine; the address may say otherwise, so that a link shows what its sender saw.

const key = "microgrid.preferences";

export interface Preferences {
  lang?: Locale;
  theme?: Theme;
}

export function preferences(): Preferences {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") as Preferences;
  } catch {
    return {};
  }
}

export function prefer(change: Preferences): void {
  localStorage.setItem(key, JSON.stringify({ ...preferences(), ...change }));
}

export function localeOf(search: Preferences): Locale {
  return search.lang ?? preferences().lang ?? preferredLocale();
}
