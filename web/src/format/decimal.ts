// Exact arithmetic on the API's decimal strings, for sums that are shown. Nothing here is rounded.

interface Scaled {
  digits: bigint;
  places: number;
}

export function add(a: string, b: string): string {
  const [x, y] = [parse(a), parse(b)];
  const places = Math.max(x.places, y.places);
  return write({ digits: scale(x, places) + scale(y, places), places });
}

export function negate(a: string): string {
  const x = parse(a);
  return write({ ...x, digits: -x.digits });
}

export function compare(a: string, b: string): number {
  const difference = parse(add(a, negate(b))).digits;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function isZero(a: string): boolean {
  return parse(a).digits === 0n;
}

/** How many decimals a string has: prices are shown with as many as they were given. */
export function places(a: string): number {
  return parse(a).places;
}

function parse(text: string): Scaled {
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text);
  if (!match) throw new RangeError(`not a decimal: ${text}`);
  const [, sign = "", whole = "", fraction = ""] = match;
  return { digits: BigInt(sign + whole + fraction), places: fraction.length };
}

function scale({ digits, places }: Scaled, to: number): bigint {
  return digits * 10n ** BigInt(to - places);
}

function write({ digits, places }: Scaled): string {
  if (places === 0) return digits.toString();
  const sign = digits < 0n ? "-" : "";
  const text = (digits < 0n ? -digits : digits).toString().padStart(places + 1, "0");
  return `${sign}${text.slice(0, -places)}.${text.slice(-places)}`;
}
