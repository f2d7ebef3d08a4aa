import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "../components/Button";
import { Select } from "../components/Select";
import { useT, type Locale } from "../i18n";
import { useTheme } from "../theme/theme";
import { localeOf, prefer } from "./preferences";

const languages = [
  { key: "en", label: "English" },
  { key: "zh-CN", label: "简体中文" },
] as const satisfies { key: Locale; label: string }[];

export function LanguageSwitch() {
  const t = useT();
  const search = useSearch({ from: "__root__" });
  const navigate = useNavigate();
  return (
    <Select
      label={t("app.language")}
      icon="language"
      options={languages}
      value={localeOf(search)}
      onChange={(lang) => {
        prefer({ lang });
        void navigate({ to: ".", search: (s) => ({ ...s, lang }), replace: true });
      }}
    />
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
