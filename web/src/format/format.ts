import { useCallback } from "react";
import { useLocale } from "use-intl";
import { places } from "./decimal";
import { isRepeated } from "./zone";

/** Between a number and its unit: they stay on one line. */
const space = "\u00a0";
/** What isn't known is shown as this, never as 0. */
export const unknown = "–";

export type Unit = "kW" | "kWh" | "%" | (string & {});

export type Format = ReturnType<typeof makeFormat>;

/** Formats in the page's language and in the zone of the station that the values are of. */
export function useFormat(zone: string): Format {
  return useFormats()(zone);
}

/** The same for stations of several zones. */
export function useFormats(): (zone: string) => Format {
  const locale = useLocale();
  return useCallback((zone) => formats(`${locale} ${zone}`), [locale]);
}

const formats = cached((key: string) => {
  const [locale = "", zone = ""] = key.split(" ");
  return makeFormat(locale, zone);
});

export function makeFormat(locale: string, zone: string) {
  const times = cached((style: TimeStyle) => {
    return new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: "h23", ...timeStyles[style] });
  });
  // Of the two hours that have one name on a day of 25, this one.
  const repeated = cached((style: TimeStyle) => {
    const options = { ...timeStyles[style], timeZoneName: "shortOffset" } as const;
    return new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: "h23", ...options });
  });
  // A local date is no instant: it is shown as it stands, whatever the zone.
  const dates = cached((style: keyof typeof dateStyles) => {
    return new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...dateStyles[style] });
  });
  const numbers = cached((key: string) => new Intl.NumberFormat(locale, JSON.parse(key) as Intl.NumberFormatOptions));
  const number = (value: string | number, options: Intl.NumberFormatOptions) => {
    // Intl reads decimal strings exactly, with as many digits as they have.
    return numbers(JSON.stringify(options)).format(value as number);
  };
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });

  return {
    zone,
    locale,
    /** A quantity with its unit: 12.3 kWh. */
    quantity(value: string | number | null | undefined, unit: Unit, decimals = 1): string {
      if (value === null || value === undefined || value === "") return unknown;
      const text = number(value, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
        signDisplay: "negative",
      });
      return withUnit(text, unit);
    },
    /** A difference, with its sign: +12.3 kWh. */
    change(value: string, unit: Unit, decimals = 1): string {
      const text = number(value, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
        signDisplay: "exceptZero",
      });
      return withUnit(text, unit);
    },
    /** A number as it was given, to its last digit. */
    exact(value: string, unit: Unit = ""): string {
      const digits = Math.min(places(value), 100);
      const text = number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
      return withUnit(text, unit);
    },
    /** A share of 0 to 1 in per cent. What isn't whole is never shown as 100 %. */
    percent(share: string | number | null | undefined, decimals = 0): string {
      if (share === null || share === undefined) return unknown;
      const value = Number(share);
      const step = 10 ** (decimals + 2);
      const shown = value < 1 && value > 0 ? Math.min(Math.max(Math.round(value * step), 1), step - 1) / step : value;
      return number(shown, { style: "percent", minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    },
    /** An amount with its currency's own digits, as the API gave them. */
    money(amount: string | null | undefined, currency: string): string {
      if (amount === null || amount === undefined) return unknown;
      const digits = places(amount);
      return number(amount, {
        style: "currency",
        currency,
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
    },
    /** About how much, in a few characters and without the currency, where there is no room for more. */
    roughly(amount: string, decimals: number): string {
      const size = Math.abs(Number(amount));
      if (size >= 10_000) return number(amount, { notation: "compact", maximumFractionDigits: 1 });
      return number(amount, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
        signDisplay: "negative",
      });
    },
    /** A price of a kWh with all its digits, two at least. */
    price(price: string | null | undefined, currency: string, unit = "/kWh"): string {
      if (price === null || price === undefined) return unknown;
      const digits = Math.max(places(price), 2);
      const text = number(price, {
        style: "currency",
        currency,
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
      return text + unit;
    },
    integer: (value: number) => number(value, {}),
    /** Words one after the other. */
    list: (words: string[]) => words.join(locale.startsWith("zh") ? "、" : ", "),
    /** An instant: RFC 3339 or milliseconds. A time that the clock shows twice is told with the offset. */
    time(instant: string | number, style: TimeStyle = "time"): string {
      const at = new Date(instant);
      const twice = "hour" in timeStyles[style] && isRepeated(at.getTime(), zone);
      return (twice ? repeated : times)(style).format(at);
    },
    /** A station's local date. */
    date: (date: string, style: keyof typeof dateStyles = "date") => dates(style).format(new Date(`${date}T00:00:00Z`)),
    /** Local dates from one to another, both included. */
    range({ from, to }: { from: string; to: string }, style: keyof typeof dateStyles = "date"): string {
      return from === to ? this.date(from, style) : `${this.date(from, style)} – ${this.date(to, style)}`;
    },
    /** How long ago; what came since the clock was looked at last came now. */
    ago: (instant: string | number, now: number) => distance(Math.min(new Date(instant).getTime() - now, 0)),
    /** In how long. */
    until: (instant: string | number, now: number) => distance(Math.max(new Date(instant).getTime() - now, 0)),
  };

  function distance(ms: number): string {
    const seconds = Math.round(ms / 1000);
    for (const [unit, length] of spans) {
      if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
    }
    return relative.format(seconds, "second");
  }
}

/** Per cent stand at their number, as Intl writes shares in both languages. */
function withUnit(text: string, unit: Unit): string {
  return unit === "" || unit === "%" ? text + unit : text + space + unit;
}

const timeStyles = {
  time: { hour: "2-digit", minute: "2-digit" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  dateTime: { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
  dayTime: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
  full: {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "shortOffset",
  },
  day: { month: "short", day: "numeric" },
  weekday: { weekday: "short", year: "numeric", month: "short", day: "numeric" },
  month: { year: "numeric", month: "short" },
  year: { year: "numeric" },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

type TimeStyle = keyof typeof timeStyles;

const dateStyles = {
  date: { year: "numeric", month: "short", day: "numeric" },
  day: { month: "short", day: "numeric" },
  weekday: { weekday: "short", month: "short", day: "numeric" },
  month: { year: "numeric", month: "long" },
  dayOfWeek: { weekday: "short" },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

const spans = [
  ["year", 31_556_952],
  ["month", 2_629_746],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

function cached<K extends string, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) made.set(key, (value = make(key)));
    return value;
  };
}
