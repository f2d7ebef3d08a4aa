import { describe, expect, it } from "vitest";
import { makeFormat } from "./format";

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

describe("format", () => {
  const berlin = makeFormat("en", "Europe/Berlin");

  it("keeps every digit of a decimal string", () => {
    expect(plain(berlin.exact("12345678901234567890.123456789", "kWh"))).toBe(
      "12,345,678,901,234,567,890.123456789 kWh",
    );
    expect(plain(berlin.money("90071992547409.93", "CNY"))).toBe("CN¥90,071,992,547,409.93");
    expect(plain(berlin.money("-3", "JPY"))).toBe("-¥3");
    expect(plain(berlin.price("0.3910", "EUR"))).toBe("€0.3910/kWh");
    expect(plain(berlin.price("-0.5", "EUR", ""))).toBe("-€0.50");
  });

  it("writes per cent as shares are written, and other units apart", () => {
    expect(berlin.quantity("10", "%", 0)).toBe("10%");
    expect(berlin.quantity("10", "kW", 0)).toBe("10\u00a0kW");
  });

  it("never shows what isn't whole as 100 %, nor what isn't nothing as 0 %", () => {
    expect(berlin.percent("0.999999")).toBe("99%");
    expect(berlin.percent("0.0001")).toBe("1%");
    expect(berlin.percent(1)).toBe("100%");
    expect(berlin.percent(null)).toBe("–");
  });

  it("rounds half away from zero and shows no negative zero", () => {
    expect(plain(berlin.quantity("2.25", "kW"))).toBe("2.3 kW");
    expect(plain(berlin.quantity("-0.04", "kW"))).toBe("0.0 kW");
    expect(plain(berlin.quantity(null, "kW"))).toBe("–");
  });

  it("tells the two hours of an autumn night apart", () => {
    expect(berlin.time("2026-10-25T00:30:00Z", "full")).toContain("02:30:00 GMT+2");
    expect(berlin.time("2026-10-25T01:30:00Z", "full")).toContain("02:30:00 GMT+1");
    expect(berlin.time("2026-10-24T23:45:00Z", "dayTime")).toBe("Oct 25, 01:45");
    expect(berlin.time("2026-10-25T00:00:00Z", "dayTime")).toBe("Oct 25, 02:00 GMT+2");
    expect(berlin.time("2026-10-25T01:45:00Z", "dayTime")).toBe("Oct 25, 02:45 GMT+1");
    expect(berlin.time("2026-10-25T02:00:00Z", "dayTime")).toBe("Oct 25, 03:00");
    expect(berlin.time("2026-03-29T01:00:00Z", "dayTime")).toBe("Mar 29, 03:00");
    expect(berlin.time("2026-10-25T00:00:00Z", "weekday")).toBe("Sun, Oct 25, 2026");
  });

  it("shows a local date as it stands, west and east of Greenwich", () => {
    expect(makeFormat("en", "Pacific/Kiritimati").date("2026-11-25")).toBe("Nov 25, 2026");
    expect(makeFormat("zh-CN", "America/Los_Angeles").date("2026-11-25")).toBe("2026年11月25日");
  });

  it("counts back in the largest unit that fits", () => {
    expect(berlin.ago(0, 90_000)).toBe("1 min. ago");
    expect(makeFormat("zh-CN", "UTC").ago(0, 7_200_000)).toBe("2小时前");
  });
});
