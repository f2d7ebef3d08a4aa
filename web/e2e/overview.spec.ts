import { provision, site } from "./stations";
import { expect, findings, inMidDay, Platform, signIn, test } from "./test";

test.describe("a platform of its own", () => {
  let platform: Platform;
  test.beforeAll(async () => {
    platform = await Platform.start();
    await provision(platform, site("one"));
  });
  test.afterAll(() => platform.stop());

  test("moves with telemetry that comes through the webhook", async ({ page }) => {
    await signIn(page, platform, "/");
    await expect(page.getByText("Nothing measured yet")).toBeVisible();
    await expect(page.getByText("Nothing calculated yet today")).toBeVisible();
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    expect(new URL(page.url()).searchParams.get("station")).toBe("one");

    const flow = page.getByRole("list", { name: "Energy flow now" });
    await platform.send({ deviceName: "one grid", ts: Date.now(), values: { power_w: -1500 } });
    await platform.send({ deviceName: "one pv", ts: Date.now(), values: { power_w: 4250 } });
    await expect(flow.getByRole("listitem").filter({ hasText: "PV" })).toContainText("4.25 kW");
    await expect(flow.getByRole("listitem").filter({ hasText: "Grid" })).toContainText("1.50 kWexport");
    await expect(flow.getByRole("listitem").filter({ hasText: "Load" })).toContainText("2.75 kWcalculated");

    await platform.send({ deviceName: "one grid", ts: Date.now(), values: { power_w: 7001 } });
    await expect(flow.getByRole("listitem").filter({ hasText: "Grid" })).toContainText("7.00 kWimport", {
      timeout: 3_000,
    });
  });

  test("says that the platform is gone, and recovers by itself", async ({ page }) => {
    await signIn(page, platform, "/");
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await page.waitForTimeout(1_000); // all parts of the page have come
    await platform.kill();
    await expect(page.getByText("The platform doesn't answer.")).toBeVisible();
    await expect(page.getByText("Not live")).toBeVisible();

    await platform.run();
    await expect(page.getByText("The platform doesn't answer.")).toBeHidden({ timeout: 30_000 });
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await platform.send({ deviceName: "one pv", ts: Date.now(), values: { power_w: 9990 } });
    await expect(page.getByText("9.99 kW")).toBeVisible();
  });

  test("says so as well where nothing is asked for", async ({ page }) => {
    await signIn(page, platform, "/settlements?station=one&day=2025-01-01");
    await expect(page.getByText("No closed quarter hour")).toBeVisible();
    await platform.kill();
    await expect(page.getByText("The platform doesn't answer.")).toBeVisible();
    await platform.run();
    await expect(page.getByText("The platform doesn't answer.")).toBeHidden({ timeout: 30_000 });
  });
});

test("shows the demo's day as the API has it", async ({ page, demo }) => {
  const station = await inMidDay(demo);
  await signIn(page, demo, `/?station=${station}`);
  interface Day {
    today?: { energyKwh: { gridImport: string } };
    settlement?: { netAmount: string };
  }
  const day = await demo.call<Day>("GET", `/api/v1/overview?station_id=${station}`);
  const shown = (value: string | undefined, decimals: number) => Number(value).toFixed(decimals);
  await expect(page.getByRole("region", { name: "Today", exact: true })).toContainText(
    `Grid import${shown(day.today?.energyKwh.gridImport, 1)}\u00a0kWh`,
  );
  await expect(page.getByRole("region", { name: "Money so far" })).toContainText(
    day.settlement?.netAmount.replace("-", "") ?? "",
  );
  await expect(page.getByRole("region", { name: "Data quality" })).toContainText(
    station.replace("station-", "") + "-pv",
  );

  await page.getByRole("button", { name: "Show as a table" }).click();
  await expect(page.getByRole("table", { name: "Energy by quarter hour" }).getByRole("row")).not.toHaveCount(1);
});

test("has no serious finding of axe-core, in both themes and languages", async ({ page, demo }) => {
  await signIn(page, demo, "/?station=station-demo-001");
  for (const path of ["/?station=station-demo-001", "/fleet"]) {
    for (const look of ["theme=light&lang=en", "theme=dark&lang=zh-CN"]) {
      await page.goto(`${demo.url}${path}${path.includes("?") ? "&" : "?"}${look}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByRole("status").filter({ hasText: /Loading|正在加载/ })).toHaveCount(0);
      expect(await findings(page), `${path} ${look}`).toEqual([]);
    }
  }
});

test("speaks Chinese where it is asked to, and keeps it", async ({ page, demo }) => {
  await signIn(page, demo, "/?station=station-demo-001");
  await page.getByRole("button", { name: "中文" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("总览");
  expect(new URL(page.url()).searchParams.get("lang")).toBe("zh-CN");
  await expect(page).toHaveTitle(/微电网云平台$/);
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
  await page.goto(`${demo.url}/?station=station-demo-001`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("总览");
  await expect(page.getByText("关口数据完整率")).toBeVisible();
});

test("is found by keys alone", async ({ page, demo }) => {
  await signIn(page, demo, "/fleet");
  await page.getByRole("link", { name: "Haus am Wannsee" }).focus();
  await page.keyboard.press("ArrowUp");
  await expect(page.getByRole("link", { name: /Lingang/ })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Overview");
  await expect(page.getByRole("main")).toBeFocused();

  await page.getByRole("button", { name: "Station: Lingang" }).press("Enter");
  const picker = page.getByRole("combobox", { name: "Station" });
  await expect(picker).toBeFocused();
  await expect(picker).toHaveValue(/Lingang/);
  await expect(page.getByRole("option")).toHaveCount(2);
  await page.keyboard.type("wann");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Haus am Wannsee");

  // Again, when the field's script is there: the name is typed over.
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Station: Haus" }).click();
  await expect(page.getByRole("option")).toHaveCount(2);
  await page.keyboard.type("lin");
  await expect(page.getByRole("option")).toHaveText([/Lingang/]);
  await page.keyboard.press("Escape");

  await page.goto(`${demo.url}/?station=${await inMidDay(demo)}`);
  const chart = page.getByRole("slider");
  await chart.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(chart).toHaveAttribute("aria-valuetext", /kWh/);
  await page.keyboard.press("+");
  await page.keyboard.press("Escape");
});
