import { useCallback } from "react";
import { useT } from "../i18n";

const known = ["derived", "estimated", "out_of_range", "rebased", "reset", "rollover", "spike"] as const;
type Known = (typeof known)[number];

/** Names a window's flag in the page's language; one that this page doesn't know yet is shown as it is called. */
export function useFlagName(): (flag: string) => string {
  const t = useT();
  return useCallback((flag) => (isKnown(flag) ? t(`flags.${flag}.name`) : flag), [t]);
}

/** Says what a flag means. */
export function useFlagText(): (flag: string) => string {
  const t = useT();
  return useCallback(
    (flag) =>
      isKnown(flag) ? t("flags.worded", { name: t(`flags.${flag}.name`), text: t(`flags.${flag}.text`) }) : flag,
    [t],
  );
}

function isKnown(flag: string): flag is Known {
  return (known as readonly string[]).includes(flag);
}
