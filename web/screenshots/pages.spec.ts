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
  const demo = await Platform.start(["demo"]);
  await demo.link();
  const token = demo.token();
  const me = await demo.call<object>("GET", "/api/v1/me");

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
        for (const { name, path, ready, signedOut } of pages) {
          await page.goto(demo.url + path + (signedOut ? "?signed-out" : ""));
          await expect(page.getByRole("heading", { level: 1, name: ready })).toBeVisible();
          await expect(page.getByRole("status").filter({ hasText: /Loading|正在加载/ })).toHaveCount(0);
          // As high as the page, so that what sticks to the window's edges lies over nothing.
          const whole = await page.evaluate(() => document.documentElement.scrollHeight);
          await page.setViewportSize({ width, height: Math.max(height, whole) });
          await page.waitForTimeout(400); // charts draw once more when their size is known
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
