import { provision, site } from "./stations";
import { expect, findings, inMidDay, Platform, signIn, sticksOut, test } from "./test";

const markup = `<img src=x onerror="alert(1)"> & `;

test.describe("stations out of the ordinary", () => {
  let platform: Platform;
  test.beforeAll(async () => {
    platform = await Platform.start();
  });
  test.afterAll(() => platform.stop());

  test("none at all", async ({ page }) => {
    await signIn(page, platform);
    await expect(page.getByText("There is no station yet")).toBeVisible();
    await page.goto(`${platform.url}/set-up/tariffs?station=nowhere`);
    await expect(page.getByText("There is no station yet")).toBeVisible();
    await expect(page.getByRole("heading", { level: 1, name: "Tariffs" })).toBeVisible();
    await expect(page).toHaveTitle("Tariffs · Microgrid Cloud");
    await page.goto(`${platform.url}/nowhere`);
    await expect(page.getByRole("heading", { level: 1, name: "There is no such page" })).toBeVisible();
    await expect(page).toHaveTitle("There is no such page · Microgrid Cloud");
  });

  test("one without a tariff, with one device, and a name of 200 characters with markup", async ({ page }) => {
    const name = markup + "x".repeat(200 - markup.length);
    const odd = site("odd", { name, timezone: "Europe/Berlin", currency: "EUR" });
    delete odd.tariff;
    odd.devices = [(odd.devices as unknown[])[0]];
    await provision(platform, odd);
    await provision(platform, site("even"));

    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await signIn(page, platform, "/?station=odd", platform.token({ role: "viewer" }));
      await expect(page.getByRole("heading", { level: 1 })).toContainText(markup);
      await expect(page.getByText("No tariff")).toBeVisible();
      await expect(page.getByText("Nothing measured yet")).toBeVisible();
      expect(await sticksOut(page)).toBe(false);
      await page.goto(`${platform.url}/fleet`);
      await expect(page.getByRole("link", { name: markup })).toBeVisible();
      expect(await sticksOut(page)).toBe(false);
      expect(await findings(page)).toEqual([]);
      await page.evaluate(() => sessionStorage.clear());
    }
  });

  test("one whose name runs from right to left", async ({ page }) => {
    await provision(platform, site("rtl", { name: "محطة الطاقة" }));
    await signIn(page, platform, "/set-up/stations?station=rtl");
    // Whichever way the name runs, it doesn't stick to the title; nor is it read as one word with it.
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Stations & points محطة الطاقة");
  });

  test("one with negative prices", async ({ page }) => {
    await provision(platform, site("negative", { tariff: negativePrices }));
    await signIn(page, platform, "/?station=negative");
    await expect(page.getByRole("region", { name: "Money so far" })).toContainText("-CN¥0.0500/kWh");
  });

  test("one with a tariff and PV alone", async ({ page }) => {
    const sunny = site("sunny");
    sunny.devices = [(sunny.devices as unknown[])[1]];
    await provision(platform, sunny);
    await platform.send({ deviceName: "sunny pv", ts: Date.now(), values: { power_w: 2500 } });
    await signIn(page, platform, "/?station=sunny");
    const money = page.getByRole("region", { name: "Money so far" });
    await expect(money).toContainText("No grid measurement");
    await expect(money).toContainText(/Now: (Peak|Valley)/);
    // What flows, flows to the middle of the drawing, which is in it.
    const flow = page.getByRole("list", { name: "Energy flow now" });
    const drawing = await flow.locator("..").locator("svg").first().boundingBox();
    const bus = await flow.locator("..").locator("> div").boundingBox();
    expect((drawing?.y ?? 0) + (drawing?.height ?? 0)).toBeGreaterThan((bus?.y ?? 0) + (bus?.height ?? 0));
  });

  test("one that is paid for its export by periods", async ({ page, demo }) => {
    await signIn(page, demo);
    await page.route("**/api/v1/overview*", async (route) => {
      const answer = await route.fetch();
      const line = { direction: "export", quantityKwh: "1.000", price: "0.1", amount: "0.10" };
      const lines = ["peak", "valley"].map((period) => ({ ...line, period }));
      const settlement = { lines, importAmount: "0.00", exportAmount: "0.20", netAmount: "-0.20" };
      await route.fulfill({ json: { ...((await answer.json()) as object), settlement } });
    });
    await page.goto(`${demo.url}/?station=station-demo-001`);
    const rows = page.getByRole("table", { name: "Today's amounts by period" }).getByRole("rowheader");
    await expect(rows).toHaveText(["Export · Peak", "Export · Valley"]);
  });

  test("some that say nothing stand last in the fleet, however it is sorted", async ({ page, demo }) => {
    await signIn(page, demo);
    const { items } = await demo.call<{ items: object[] }>("GET", "/api/v1/fleet");
    const stations = [null, "1", null, "3", "2"].map((kw, i) => {
      return {
        ...items[0],
        stationId: `s${i}`,
        name: `S${i}`,
        power: kw ? { pv: { kw, ts: null, derived: false } } : {},
      };
    });
    await page.route("**/api/v1/fleet*", (route) => route.fulfill({ json: { items: stations, next: null } }));
    await page.goto(`${demo.url}/fleet`);
    const sort = page.getByRole("button", { name: "PV", exact: true });
    await sort.click();
    await expect(page.getByRole("rowheader")).toHaveText(["S1", "S4", "S3", "S0", "S2"]);
    await sort.click();
    await expect(page.getByRole("rowheader")).toHaveText(["S3", "S4", "S1", "S0", "S2"]);
  });
});

const negativePrices = {
  tariffId: "negative",
  validFrom: "2024-01-01",
  import: { kind: "fixed", price: "-0.0500" },
};

test.describe("answers out of the ordinary", () => {
  const answers: [
    string,
    { status: number; contentType: string; body: string; headers?: Record<string, string> },
    string,
  ][] = [
    [
      "500",
      { status: 500, contentType: "application/problem+json", body: '{"detail":"something went wrong here"}' },
      "Something went wrong",
    ],
    [
      "429",
      { status: 429, contentType: "text/plain", body: "slow down", headers: { "Retry-After": "2" } },
      "The platform is busy",
    ],
    [
      "a proxy's page with 200",
      { status: 200, contentType: "text/html", body: "<html>Sign in to the proxy</html>" },
      "Something went wrong",
    ],
    [
      "a proxy's page with 502",
      { status: 502, contentType: "text/html", body: "<html>Bad gateway</html>" },
      "The platform is busy",
    ],
    [
      "a refusal",
      { status: 403, contentType: "application/problem+json", body: '{"detail":"not yours"}' },
      "Not allowed",
    ],
    [
      "half of an answer",
      { status: 200, contentType: "application/json", body: '{"stationId":' },
      "Something went wrong",
    ],
  ];
  for (const [name, answer, words] of answers) {
    test(name, async ({ page, demo }) => {
      await signIn(page, demo, "/fleet");
      await page.route("**/api/v1/overview*", (route) => route.fulfill(answer));
      await page.goto(`${demo.url}/?station=station-demo-001`);
      await expect(page.getByText(words, { exact: true })).toBeVisible();
      await page.unroute("**/api/v1/overview*");
      if (answer.status !== 403) await expect(page.getByText("Money so far")).toBeVisible(); // by itself
    });
  }

  test("nothing at all, then an answer", async ({ page, demo }) => {
    await signIn(page, demo, "/fleet");
    await page.route("**/api/v1/overview*", (route) => route.abort());
    await page.goto(`${demo.url}/?station=station-demo-001`);
    await expect(page.getByText("The platform doesn't answer").first()).toBeVisible();
    await page.unroute("**/api/v1/overview*");
    await expect(page.getByText("Money so far")).toBeVisible();
  });
});

test("charts whose prices can't be had are drawn without, and say so", async ({ page, demo }) => {
  await signIn(page, demo);
  const station = await inMidDay(demo);
  await page.route("**/api/v1/prices*", (route) => route.fulfill({ status: 500, json: { detail: "broken" } }));
  const day = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
  for (const path of ["/", "/statistics", "/settlements"]) {
    await page.goto(`${demo.url}${path}?station=${station}&day=${day}`);
    await expect(page.getByText("The prices can't be had at the moment.")).toBeVisible();
    await expect(page.getByRole("slider").first()).toBeVisible();
  }
  await page.unroute("**/api/v1/prices*");
  await expect(page.getByText("The prices can't be had at the moment.")).toBeHidden();
});

test("a page that can't be drawn leaves the frame, and a way back", async ({ page, demo, faults }) => {
  await signIn(page, demo);
  await page.route(/\/api\/v1\/settlements/, (route) => route.fulfill({ json: { items: [{ date: "2026-11-10" }] } }));
  for (const [lang, title, back] of [
    ["en", "Something went wrong", "Overview"],
    ["zh-CN", "出现错误", "总览"],
  ] as const) {
    await page.goto(`${demo.url}/settlements?station=station-demo-001&day=2026-11-10&lang=${lang}`);
    await expect(page.getByRole("alert")).toContainText(title);
    await page.getByRole("main").getByRole("link", { name: back }).click();
    await expect(page.getByRole("heading", { name: back, level: 1 })).toBeVisible();
  }
  expect(faults.length).toBeGreaterThan(0);
  faults.length = 0;
});

test("a page whose texts can't be had says so, in both languages, and can be loaded again", async ({
  page,
  demo,
  faults,
}) => {
  await page.route("**/assets/en-*.js", (route) => route.abort());
  await page.goto(demo.url); // it begins anew once by itself, which doesn't help
  await expect(page.getByRole("alert")).toContainText("The page has stopped");
  await expect(page.getByRole("alert")).toContainText("页面已停止运行");
  await page.unroute("**/assets/en-*.js");
  await page.getByRole("link", { name: "Load it again" }).click();
  await expect(page.getByLabel("Token")).toBeVisible();
  expect(faults).toEqual([expect.stringContaining("/assets/en-")]);
  faults.length = 0;
});

const phone = { width: 390, height: 844 };

test("on a phone no table hides its cells beyond the edge but those of many windows", async ({ page, demo }) => {
  await page.setViewportSize(phone);
  await signIn(page, demo, "/fleet");
  const station = "station=station-demo-001";
  for (const path of ["/fleet", `/set-up/stations?${station}`, `/set-up/tariffs?${station}`, "/set-up/operations"]) {
    await page.goto(demo.url + path);
    const cells = page.getByRole("cell");
    await expect(cells.first()).toBeVisible();
    const edges = await cells.evaluateAll((all) => all.map((cell) => cell.getBoundingClientRect().right));
    expect(Math.max(...edges), path).toBeLessThanOrEqual(phone.width);
    expect(await sticksOut(page), path).toBe(false);
    expect(await findings(page), path).toEqual([]);
  }

  // Not at 320 px either, and no number is torn from the half of its unit.
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of ["stations", "tariffs"]) {
    await page.goto(`${demo.url}/set-up/${path}?${station}`);
    const numbers = page.getByRole("main").locator("td b, li b");
    await expect(numbers.first()).toBeVisible();
    const torn = await numbers.evaluateAll((all) =>
      all.filter((b) => b.getClientRects().length > 1).map((b) => b.textContent),
    );
    expect(torn, path).toEqual([]);
    expect(await sticksOut(page), path).toBe(false);
  }
  await page.setViewportSize(phone);

  // The head of a table of cards sorts it still.
  await page.goto(`${demo.url}/fleet`);
  await page.getByRole("button", { name: "Load" }).click();
  const names = () => page.getByRole("rowheader").allInnerTexts();
  const ascending = await names();
  await page.getByRole("button", { name: "Load" }).click();
  expect(await names()).toEqual(ascending.toReversed());
});
