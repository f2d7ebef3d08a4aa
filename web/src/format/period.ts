import { useCallback, useMemo } from "react";
import type { Band } from "../components/TimeChart";
import type { PriceStep } from "../api/prices";
import { useT } from "../i18n";

const known = ["sharp", "peak", "flat", "valley", "deep-valley", "all"] as const;
type Known = (typeof known)[number];

/** Names a tariff's period: the usual ones in the page's language, others as the tariff has them. */
export function usePeriodName(): (period: string) => string {
  const t = useT();
  return useCallback((period) => (isKnown(period) ? t(`periods.${period}`) : period), [t]);
}

/** The colour behind curves while a period holds. */
export function periodColor(period: string): `--${string}` {
  return isKnown(period) && period !== "all" ? `--period-${period}` : "--period-flat";
}

/** The import prices of a time as bands behind a chart; a price that holds all day needs none. */
export function usePriceBands(steps: PriceStep[] | undefined): Band[] {
  const name = usePeriodName();
  return useMemo(() => {
    return (steps ?? []).flatMap(({ from, to, import: price }) =>
      price && price.period !== "all"
        ? [{ from: Date.parse(from), to: Date.parse(to), label: name(price.period), color: periodColor(price.period) }]
        : [],
    );
  }, [steps, name]);
}

function isKnown(period: string): period is Known {
  return (known as readonly string[]).includes(period);
}
