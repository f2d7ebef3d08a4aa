import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "../components/Button";
import { useT, type Locale } from "../i18n";
import { useTheme } from "../theme/theme";
import { localeOf, prefer } from "./preferences";

const other: Record<Locale, { lang: Locale; name: string }> = {
  en: { lang: "zh-CN", name: "中文" },
  "zh-CN": { lang: "en", name: "EN" },
};

/** To the other language, named as who reads it knows it. */
export function LanguageSwitch() {
  const search = useSearch({ from: "__root__" });
  const navigate = useNavigate();
  const { lang, name } = other[localeOf(search)];
  return (
    <Button
      look="quiet"
      icon="language"
      lang={lang}
      onPress={() => {
        prefer({ lang });
        void navigate({ to: ".", search: (s) => ({ ...s, lang }), replace: true });
      }}
    >
      {name}
    </Button>
  );
}

export function ThemeSwitch() {
  const t = useT();
  const dark = useTheme() === "dark";
  const navigate = useNavigate();
  return (
    <Button
      look="quiet"
      icon={dark ? "sun" : "moon"}
      iconOnly
      onPress={() => {
        const theme = dark ? "light" : "dark";
        prefer({ theme });
        void navigate({ to: ".", search: (s) => ({ ...s, theme }), replace: true });
      }}
    >
      {dark ? t("app.toLight") : t("app.toDark")}
    </Button>
  );
}
