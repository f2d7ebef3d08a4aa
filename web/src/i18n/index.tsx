import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { IntlProvider, useTranslations } from "use-intl";
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
  en: () => import("./en.json").then((m) => m.default),
  "zh-CN": () => import("./zh-CN.json").then((m) => m.default),
};

/** Texts by their whole key: t("overview.title"). messages.test.ts finds keys that are missing or that nothing uses. */
export const useT = () => useTranslations();
export type T = ReturnType<typeof useT>;
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
  });
  if (!data) return null;
  return (
    <IntlProvider locale={locale} messages={data} timeZone="UTC" onError={raise}>
      <I18nProvider locale={locale}>{children}</I18nProvider>
    </IntlProvider>
  );
}

/** A missing text or argument is a bug, which the types and the tests are to find; a user still gets the key. */
function raise(error: Error) {
  console.error(error);
}
