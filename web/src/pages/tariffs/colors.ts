import { nameOf, type PeriodPrice } from "./year";

/** A price's colour by its rank, so that near prices are told apart, too. Prices come dearest first. */
export function colorOf(price: PeriodPrice, prices: PeriodPrice[]): string {
  const rank = prices.findIndex((p) => nameOf(p) === nameOf(price));
  const share = prices.length > 1 ? 1 - rank / (prices.length - 1) : 0.5;
  const [low, high, part] =
    share < 0.5
      ? ["--heat-low", "--heat-middle", share * 2]
      : (["--heat-middle", "--heat-high", share * 2 - 1] as const);
  return `color-mix(in oklab, var(${high}) ${Math.round(part * 100)}%, var(${low}))`;
}
