import { test as base, expect, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Platform } from "./platform";

export { expect, Platform };

interface Worker {
  /** The demo with a few days of history, shared by the tests that only look. */
  demo: Platform;
}

interface Each {
  /** What broke the page's rules while a test ran; asserted to be nothing at its end. */
  faults: string[];
}

export const test = base.extend<Each, Worker>({
  demo: [
    // eslint-disable-next-line no-empty-pattern -- the form that Playwright asks for
    async ({}, use) => {
      const demo = await Platform.start(["demo", "--days", "3"]);
      await demo.link();
      await use(demo);
      await demo.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  faults: [
    async ({ page }, use) => {
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(error.message));
      page.on("console", (message) => {
        // A failed request is told in the console too; tests that make requests fail look at the page instead.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
          faults.push(message.text());
      });
      await use(faults);
      expect(faults, "errors and policy violations in the console").toEqual([]);
    },
    { auto: true },
  ],
});

export async function signIn(page: Page, platform: Platform, path = "/", token = platform.token()): Promise<void> {
  await page.goto(platform.url + path);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
}

/**
 * A station of the demo whose day has something to show: in its first minutes it hasn't, and the two don't begin theirs
 * at the same time.
 */
export async function inMidDay(demo: Platform): Promise<string> {
  let found = "";
  await demo.until("a station of the demo has calculated something today", async () => {
    for (const station of ["station-demo-001", "station-demo-002"]) {
      const { today } = await demo.call<{ today?: object }>("GET", `/api/v1/overview?station_id=${station}`);
      if (today) found ||= station;
    }
    return found !== "";
  });
  return found;
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string }[];
}

/** What axe-core finds serious or critical in the page as it is shown. */
export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const violations = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run: (context: object) => Promise<{ violations: Finding[] }> } }).axe
      // The announcer of React Aria repeats elements that are gone by then.
      .run({ exclude: [["[data-live-announcer]"]] })
      .then((r) => r.violations),
  );
  return violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(" | ")}`);
}

/** Whether the page scrolls sideways. */
export function sticksOut(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
}
