import type { CDPSession, Page } from "@playwright/test";
import { provision, site } from "./stations";
import { expect, Platform, signIn, test } from "./test";

// A trace keeps the document's past in the page, which is what is measured here.
test.use({ trace: "off" });

// What the page costs, printed; the bounds are those that docs/adr/0010-the-web-page.md aims at.
function say(what: string, value: string): void {
  console.log(`measured: ${what}: ${value}`);
}

test("the first page is small and soon there", async ({ page, demo }) => {
  await signIn(page, demo, "/?station=station-demo-001");
  const client = await page.context().newCDPSession(page);
  await client.send("Network.clearBrowserCache");
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    await client.send("Network.clearBrowserCache");
    await page.goto(`${demo.url}/?station=station-demo-001`);
    const useful = await page.waitForFunction(
      () => {
        const text = document.body.innerText;
        return /\d\skW/.test(text) && text.includes("until") && text.includes("net cost today") && performance.now();
      },
      undefined,
      { polling: "raf" },
    );
    times.push(Number(await useful.jsonValue()));
  }
  const soonest = Math.min(...times);
  await expect(page.getByRole("slider")).toBeVisible();
  const all = await scriptBytes(page);
  const lazy = await scriptBytes(page, /(Plot|DataTable)-/);
  const kB = (all - lazy) / 1000;
  say(
    "JavaScript of the first page, gzipped",
    `${kB.toFixed(0)} kB, and then ${(lazy / 1000).toFixed(0)} kB for its chart`,
  );
  say("time to the first useful overview, nothing cached", times.map((t) => `${t.toFixed(0)} ms`).join(", "));
  expect(kB).toBeLessThan(200);
  expect(soonest).toBeLessThan(1500);
});

test.describe("live", () => {
  let platform: Platform;
  test.beforeAll(async () => {
    platform = await Platform.start();
    await provision(platform, site("live"));
  });
  test.afterAll(() => platform.stop());

  test("ten updates a second for a minute take no more memory", async ({ page }) => {
    test.setTimeout(180_000);
    await signIn(page, platform, "/?station=live");
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    const client = await page.context().newCDPSession(page);
    const send = (i: number) =>
      platform.send({ deviceName: "live pv", ts: Date.now(), values: { power_w: 1000 + (i % 977) } });

    for (let i = 0; i < 100; i++) await Promise.all([send(i), pause(100)]);
    const before = await heap(client);
    const begin = Date.now();
    for (let i = 0; i < 600; i++) await Promise.all([send(i), pause(100)]);
    const rate = 600 / ((Date.now() - begin) / 1000);
    const after = await heap(client);
    say("heap before and after 600 live updates", `${mb(before)} and ${mb(after)} MB, at ${rate.toFixed(1)} updates/s`);
    await send(4321 % 977);
    expect(after - before).toBeLessThan(2_000_000);
  });
});

test("a fleet of 500 stations is quick", async ({ page, demo }) => {
  await signIn(page, demo, "/fleet");
  interface Fleet {
    items: Record<string, unknown>[];
  }
  const { items } = await demo.call<Fleet>("GET", "/api/v1/fleet");
  const many = Array.from({ length: 500 }, (_, i) => ({
    ...items[i % items.length],
    stationId: `s${i}`,
    name: `Station ${i}`,
  }));
  await page.route("**/api/v1/fleet*", (route) => route.fulfill({ json: { items: many, next: null } }));
  await page.reload();
  await expect(page.getByText("500 stations")).toBeVisible();
  const table = page.getByRole("table", { name: "Fleet" });
  await expect(table.getByRole("link").first()).toBeVisible();
  expect(await table.getByRole("row").count()).toBeLessThan(80);

  const longest = await longestTask(page, async () => {
    await table.getByRole("button", { name: "Load" }).click();
    await page.getByRole("region", { name: "Fleet" }).evaluate(async (region) => {
      for (let top = 0; top < region.scrollHeight; top += 400) {
        region.scrollTop = top;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    });
  });
  say("longest task while 500 stations are sorted and scrolled", `${longest.toFixed(0)} ms`);
  expect(longest).toBeLessThan(200);
});

/** What came over the wire of the page's scripts. */
function scriptBytes(page: Page, named = /\.js$/): Promise<number> {
  return page.evaluate(
    (pattern) =>
      performance
        .getEntriesByType("resource")
        .filter((e) => e.name.endsWith(".js") && new RegExp(pattern).test(e.name))
        .reduce((sum, e) => sum + (e as PerformanceResourceTiming).encodedBodySize, 0),
    named.source,
  );
}

/**
 * The longest time that the page didn't react while something was done, the least of three tries: the rest is what else
 * the machine had to do.
 */
async function longestTask(page: Page, act: () => Promise<void>): Promise<number> {
  const longest: number[] = [];
  await page.evaluate(() => {
    const tasks: number[] = [];
    Object.assign(globalThis, { tasks });
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration)));
    observer.observe({ type: "longtask" });
  });
  for (let i = 0; i < 3; i++) {
    await act();
    await page.waitForTimeout(200);
    longest.push(
      await page.evaluate(() => Math.max(0, ...(globalThis as unknown as { tasks: number[] }).tasks.splice(0))),
    );
  }
  return Math.min(...longest);
}

async function heap(client: CDPSession): Promise<number> {
  await client.send("HeapProfiler.collectGarbage");
  await pause(500);
  await client.send("HeapProfiler.collectGarbage");
  return (await client.send("Runtime.getHeapUsage")).usedSize;
}

const mb = (bytes: number) => (bytes / 1e6).toFixed(1);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
