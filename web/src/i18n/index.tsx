import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { IntlProvider, useTranslations } from "use-intl";
import { chunk } from "../components/chunk";
import type en from "./en.json";

export const locales = ["en", "zh-CN"] as const;
export type Locale = (typeof locales)[number];
export type Messages = typeof en;

declare module "use-intl" {
  interface AppConfig {
    Locale: Locale;
    Messages: Messages;
  }
}

const load: Record<Locale, () => Promise<Messages>> = {
  en: chunk(() => import("./en.json").then((m) => m.default)),
  "zh-CN": chunk(() => import("./zh-CN.json").then((m) => m.default)),
};

/** Texts by their whole key: t("overview.title"). messages.test.ts finds keys that are missing or that nothing uses. */
export function useT() {
  const t = useTranslations();
  return useMemo(() => {
    const plain: (key: TextKey, values?: Values) => string = t;
    return Object.assign((key: TextKey, values?: Values) => plain(key, values && isolated(values)), t);
  }, [t]);
}

type Values = Record<string, string | number | Date>;
export type T = ReturnType<typeof useTranslations<never>>;
export type TextKey = Parameters<T>[0];

/** The browser's first language that there are texts in. */
export function preferredLocale(languages: readonly string[] = navigator.languages): Locale {
  for (const language of languages) {
    if (/^zh\b/i.test(language)) return "zh-CN";
    if (/^en\b/i.test(language)) return "en";
  }
  return "en";
}

export function Texts({ locale, children }: { locale: Locale; children: ReactNode }) {
  const { data } = useQuery({
    queryKey: ["texts", locale],
    queryFn: load[locale],
    staleTime: Infinity,
    gcTime: Infinity,
    placeholderData: (previous: Messages | undefined) => previous,
    throwOnError: true, // without words the page has nothing to say
  });
  if (!data) return null;
  return (
    <IntlProvider locale={locale} messages={data} timeZone="UTC" onError={raise}>
      <I18nProvider locale={locale}>{children}</I18nProvider>
    </IntlProvider>
  );
}

// Letters that run from right to left, and what else changes directions.
const turning = /[\u0590-\u08ff\ufb1d-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Names that run the other way don't turn the sentence around that they stand in. */
export function isolated(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      return [name, typeof value === "string" && turning.test(value) ? `\u2068${value}\u2069` : value];
    }),
  );
}

/** A missing text or argument is a bug, which the types and the tests are to find; a user still gets the key. */
function raise(error: Error) {
  console.error(error);
}
