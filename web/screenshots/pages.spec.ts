import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, Platform, test } from "../e2e/test";
import { pages } from "./pages";

// Every page, wide and on a phone, in both themes and languages; the ones that the README shows are copied to docs.
const folder = fileURLToPath(new URL("../test-results/screenshots/", import.meta.url));
const docs = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
const shown = ["overview-wide-light-en", "statistics-wide-dark-zh-CN", "settlements-wide-light-en"];

test("pictures of every page", async ({ browser }) => {
  mkdirSync(folder, { recursive: true });
  mkdirSync(docs, { recursive: true });
  const demo = await Platform.start(["demo", "--timezone", afternoon()]);
  await demo.link();
  const token = demo.token();
  const me = await demo.call<object>("GET", "/api/v1/me");
  const unknown = Array.from({ length: 3 }, (_, i) => ({
    deviceName: "Demo heat pump",
    ts: Date.now() - i * 60_000,
    values: { power_w: 2140 + i * 35, energy_kwh: 318.4 },
  }));
  await demo.send(...unknown).catch(() => undefined); // refused, as it says: it goes into quarantine
  let again = "";
  await demo.until("a day is settled again with the batch that came late", async () => {
    const path = "/api/v1/settlements?station_id=station-demo-001&from=2020-01-01&to=2099-12-31";
    const { items } = await demo.call<{ items: { date: string; version: number }[] }>("GET", path);
    again = items.find((s) => s.version > 1)?.date ?? "";
    return again !== "";
  });

  for (const theme of ["light", "dark"] as const) {
    for (const [size, width, height] of [
      ["wide", 1440, 900],
      ["phone", 390, 844],
    ] as const) {
      for (const lang of ["en", "zh-CN"]) {
        const context = await browser.newContext({
          viewport: { width, height },
          colorScheme: theme,
          locale: lang,
          hasTouch: width < 500,
        });
        await context.addInitScript(
          (session) => !location.search.includes("signed-out") && sessionStorage.setItem("microgrid.session", session),
          JSON.stringify({ ...me, token }),
        );
        const page = await context.newPage();
        for (const { name, path, ready, signedOut, act } of pages(again)) {
          await page.goto(demo.url + path + (signedOut ? "?signed-out" : ""));
          await expect(page.getByRole("heading", { level: 1, name: ready })).toBeVisible();
          await expect(page.getByRole("status").filter({ hasText: /Loading|正在加载/ })).toHaveCount(0);
          await act?.(page);
          // As high as the page, so that what sticks to the window's edges lies over nothing; what is as high as the
          // window grows with it, to its bounds.
          for (let i = 0; i < 3; i++) {
            const whole = await page.evaluate(() => document.documentElement.scrollHeight);
            await page.setViewportSize({ width, height: Math.max(height, whole) });
            await page.waitForTimeout(200); // charts draw once more when their size is known
          }
          const picture = `${name}-${size}-${theme}-${lang}`;
          await page.screenshot({ path: `${folder}${picture}.png`, fullPage: true });
          await page.setViewportSize({ width, height });
          if (shown.includes(picture)) await page.screenshot({ path: `${docs}${picture}.png` }); // what fits a screen
        }
        await context.close();
      }
    }
  }
  await demo.stop();
});

/** A time zone in which it is about three in the afternoon: a PV at night makes a dull picture. */
function afternoon(): string {
  const zones = [
    ["Asia/Shanghai", 8],
    ["Asia/Karachi", 5],
    ["Africa/Nairobi", 3],
    ["Africa/Lagos", 1],
    ["America/Sao_Paulo", -3],
    ["America/Bogota", -5],
    ["America/Phoenix", -7],
    ["Pacific/Honolulu", -10],
    ["Pacific/Guadalcanal", 11],
  ] as const;
  const from3pm = (offset: number) => {
    const hours = (((new Date().getUTCHours() + offset - 15) % 24) + 24) % 24;
    return Math.min(hours, 24 - hours);
  };
  return zones.toSorted(([, a], [, b]) => from3pm(a) - from3pm(b))[0]?.[0] ?? "Asia/Shanghai";
}
