import type { CDPSession, Page } from "@playwright/test";
import { provision, site } from "./stations";
import { expect, inMidDay, Platform, signIn, test } from "./test";

// A trace keeps the document's past in the page, which is what is measured here.
test.use({ trace: "off" });

// What the page costs, printed beside what docs/adr/0010-the-web-page.md aims at. Times are no reason to fail: they tell
// of the machine, too.
function say(what: string, value: string): void {
  console.log(`measured: ${what}: ${value}`);
}

test("the first page is small and soon there", async ({ page, demo }) => {
  const path = `/?station=${await inMidDay(demo)}`;
  await signIn(page, demo, path);
  const client = await page.context().newCDPSession(page);
  await client.send("Network.clearBrowserCache");
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    await client.send("Network.clearBrowserCache");
    await page.goto(demo.url + path);
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

    for (let i = 0; i < 300; i++) await Promise.all([send(i), pause(100)]);
    const before = await heap(client);
    const begin = Date.now();
    for (let i = 0; i < 600; i++) await Promise.all([send(i), pause(100)]);
    const rate = 600 / ((Date.now() - begin) / 1000);
    const after = await heap(client);
    say(
      "what the page holds, before and after 600 live updates",
      `${mb(before.held)} and ${mb(after.held)} MB, and ${mb(before.code)} and ${mb(after.code)} MB of code, ` +
        `at ${rate.toFixed(1)} updates/s`,
    );
    // 200 bytes of each update; the update itself is longer.
    expect(after.held - before.held).toBeLessThan(600 * 200);
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
  for (const list of ["fleet", "stations"]) {
    await page.route(`**/api/v1/${list}*`, (route) => route.fulfill({ json: { items: many, next: null } }));
  }
  await page.reload();
  await expect(page.getByText("500 stations")).toBeVisible();
  const table = page.getByRole("table", { name: "Fleet" });
  await expect(table.getByRole("link").first()).toBeVisible();
  expect(await table.getByRole("row").count()).toBeLessThan(80);

  const longest = await longestTask(page, async () => {
    await table.getByRole("button", { name: "Load" }).click();
    await page.getByRole("group", { name: "Fleet" }).evaluate(async (region) => {
      for (let top = 0; top < region.scrollHeight; top += 400) {
        region.scrollTop = top;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    });
  });
  const picked = await longestTask(page, async () => {
    await page.getByRole("button", { name: "Station: " }).click();
    await expect(page.getByRole("option").first()).toBeVisible();
    await page.keyboard.type("Station 49");
    await expect(page.getByRole("option", { name: "Station 490" })).toBeVisible();
    await page.keyboard.press("Escape");
    await table.getByRole("button", { name: "Load" }).focus();
  });
  say(
    "longest task while 500 stations are sorted and scrolled",
    `${longest.toFixed(0)} ms; while one is looked for by its name ${picked.toFixed(0)} ms`,
  );
});

test.describe("a year", () => {
  let platform: Platform;
  const begin = Date.parse("2024-12-31T16:00:00Z"); // 2025 in Shanghai
  const hours = 365 * 24;
  test.beforeAll(async () => {
    platform = await Platform.start();
    await provision(platform, site("year"));
    for (let from = 0; from < hours; from += 250) {
      const batch = Array.from({ length: Math.min(250, hours - from) }, (_, i) => from + i).flatMap((hour) => {
        const ts = begin + hour * 3_600_000;
        const sun = Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI)) * 20_000;
        return [-20, 0, 20].flatMap((minutes) => [
          { deviceName: "year grid", ts: ts + minutes * 60_000, values: { power_w: 9000 + (hour % 37) * 200 - sun } },
          { deviceName: "year pv", ts: ts + minutes * 60_000, values: { power_w: sun } },
        ]);
      });
      await platform.send(...batch);
    }
    const window = { windowStart: new Date(begin), windowEnd: new Date(begin + hours * 3_600_000) };
    await platform.call("POST", "/analytics/window-close", { stationId: "year", ...window });
    const last = new Date(begin + (hours - 1) * 3_600_000).toISOString();
    const end = new Date(begin + hours * 3_600_000).toISOString();
    await platform.until("the year is calculated", async () => {
      const query = `station_id=year&granularity=quarter&from=${last}&to=${end}`;
      return (await platform.call<{ items: unknown[] }>("GET", `/api/v1/stats?${query}`)).items.length === 4;
    });
  });
  test.afterAll(() => platform.stop());

  test("35,040 quarters are shown and zoomed without the page standing still", async ({ page }) => {
    test.setTimeout(180_000);
    await signIn(page, platform, "/statistics?station=year&from=2025-06-01&to=2025-06-01");
    const chart = page.getByRole("slider", { name: /Energy onto the site's bus/ });
    await expect(chart).toBeVisible();

    const choose = async (range: string) => {
      await page.getByRole("button", { name: "Usual ranges" }).click({ timeout: 10_000 });
      await page.getByRole("option", { name: range }).click();
    };
    const shown = await longestTask(page, async () => {
      await choose("Today");
      await expect(page.getByText("No closed windows in this range")).toBeVisible();
      await choose("Last year");
      await expect(chart).toHaveAttribute("aria-valuemax", "35039", { timeout: 60_000 });
    });
    const zoomed = await longestTask(page, async () => {
      await chart.focus();
      for (const key of ["Home", "+", "+", "+", "PageDown", "-", "Escape"]) {
        await page.keyboard.press(key);
        await page.waitForTimeout(50);
      }
    });
    say(
      "longest task while 35,040 quarters are shown",
      `${shown.toFixed(0)} ms; while they are zoomed ${zoomed.toFixed(0)} ms`,
    );
  });
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

/**
 * The bytes of a page's heap: what it holds, and the code that V8 compiles, first to bytecode and better the longer it
 * runs, which is the engine's to bound.
 */
async function heap(client: CDPSession): Promise<{ held: number; code: number }> {
  for (let i = 0; i < 2; i++) {
    await client.send("HeapProfiler.collectGarbage");
    await pause(300);
  }
  const chunks: string[] = [];
  const collect = ({ chunk }: { chunk: string }) => chunks.push(chunk);
  client.on("HeapProfiler.addHeapSnapshotChunk", collect);
  await client.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  client.off("HeapProfiler.addHeapSnapshotChunk", collect);
  interface Snapshot {
    snapshot: { meta: { node_fields: string[]; node_types: [string[]] } };
    nodes: number[];
  }
  const { snapshot, nodes } = JSON.parse(chunks.join("")) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const code = types[0].indexOf("code");
  const sum = { held: 0, code: 0 };
  for (let i = 0; i < nodes.length; i += fields.length) {
    const size = nodes[i + fields.indexOf("self_size")] ?? 0;
    if (nodes[i + fields.indexOf("type")] === code) sum.code += size;
    else sum.held += size;
  }
  return sum;
}

const mb = (bytes: number) => (bytes / 1e6).toFixed(2);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
