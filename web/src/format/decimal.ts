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

/** The sum of many; null as soon as one isn't known. */
export function sum(values: Iterable<string | null>): string | null {
  // Nine decimals and their sums fit into a number each, which is many times quicker than bigints.
  let [whole, nanos, rest] = [0, 0, "0"];
  for (const value of values) {
    if (value === null) return null;
    const match = /^(-?)(\d{1,9})(?:\.(\d{1,9}))?$/.exec(value);
    if (!match) {
      rest = add(rest, value);
      continue;
    }
    const sign = match[1] ? -1 : 1;
    whole += sign * Number(match[2]);
    nanos += sign * Number((match[3] ?? "").padEnd(9, "0"));
  }
  return add(rest, write({ digits: BigInt(whole) * 1_000_000_000n + BigInt(nanos), places: 9 }));
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
