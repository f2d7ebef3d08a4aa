import { provision, site } from "./stations";
import { expect, findings, Platform, signIn, sticksOut, test } from "./test";

test("shows a year of the demo's prices as the API has them", async ({ page, demo }) => {
  await signIn(page, demo);
  for (const theme of ["light", "dark"]) {
    await page.goto(`${demo.url}/set-up/tariffs?station=station-demo-001&theme=${theme}`);
    const legend = page.getByRole("list", { name: "Prices, dearest first" });
    await expect(legend.getByRole("listitem").first()).toContainText("Sharp CN¥1.4236/kWh");
    await page.getByText("Days with the same prices, in words").click();
    await expect(page.getByRole("table", { name: "Days with the same prices, in words" })).toBeVisible();
    expect(await findings(page)).toEqual([]);
  }
  interface Prices {
    items: { from: string; to: string; import: { period: string } }[];
  }
  const year = new Date().getUTCFullYear();
  const query = `from=${year - 1}-12-31T16:00:00Z&to=${year}-12-31T16:00:00Z`;
  const { items } = await demo.call<Prices>("GET", `/api/v1/prices?station_id=station-demo-001&${query}`);
  const sharp = items
    .filter((s) => s.import.period === "sharp")
    .reduce((sum, s) => sum + Date.parse(s.to) - Date.parse(s.from), 0);
  await expect(page.getByRole("listitem").filter({ hasText: "Sharp CN¥" })).toContainText(`${sharp / 3_600_000} hours`);
  await expect(page.getByRole("region", { name: "demo-tou-cn" })).toContainText("Demand: CN¥42.00/kW a month");
  await expect(page.getByRole("region", { name: "demo-fixed-de" })).toContainText("Version 1");

  await page.getByRole("radio", { name: "Export" }).click();
  await expect(page).toHaveURL(/direction=export/);
  await expect(page.getByRole("listitem").filter({ hasText: "CN¥0.4155/kWh" })).toContainText("8,760 hours");
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await sticksOut(page)).toBe(false);
});

test.describe("a platform of its own", () => {
  let platform: Platform;
  test.beforeAll(async () => {
    platform = await Platform.start();
    const tariff = {
      tariffId: "clock",
      validFrom: "2025-03-01",
      import: {
        kind: "tou",
        periods: [
          { name: "Sonne & <b>Wind</b>", price: "-0.0450", rules: [{ times: ["02:30-15:00"] }] },
          { name: "peak", price: "0.3000", rules: [{ times: ["15:00-02:30"] }] },
        ],
      },
    };
    await provision(platform, site("berlin", { timezone: "Europe/Berlin", currency: "EUR", tariff }));
    const none = site("none");
    delete none.tariff;
    await provision(platform, none);
  });
  test.afterAll(() => platform.stop());

  test("days of 23 and 25 hours, negative prices, and the time before the tariff", async ({ page }) => {
    await signIn(page, platform, "/set-up/tariffs?station=berlin&year=2025");
    await expect(page.getByText("Mar 30, 2025 has 23 hours")).toBeVisible();
    await expect(page.getByText("Oct 26, 2025 has 25 hours")).toBeVisible();
    await page.getByText("Days with the same prices, in words").click();
    await expect(page.getByRole("row", { name: /^Oct 26/ })).toContainText(/02:30–03:00 [^)]+ \(the second time\)/);
    await expect(page.getByRole("list", { name: "Prices, dearest first" })).toContainText(
      "Sonne & <b>Wind</b> -€0.0450/kWh",
    );

    const map = page.getByRole("slider", { name: /Prices by day/ });
    await map.focus();
    await page.keyboard.press("Home");
    await expect(map).toHaveAttribute("aria-valuetext", /Jan 1.*no price/);
    for (let i = 0; i < 40; i++) await page.keyboard.press("ArrowUp"); // from noon to 02:00
    await page.keyboard.press("End");
    for (let i = 0; i < 66; i++) await page.keyboard.press("ArrowLeft");
    await expect(map).toHaveAttribute("aria-valuetext", /Oct 26, 02:00.*Peak.*the first time.*Peak.*the second time/);
    for (let i = 0; i < 210; i++) await page.keyboard.press("ArrowLeft");
    await expect(map).toHaveAttribute("aria-valuetext", /Mar 30, 02:00.*the clock skips this time/);

    await page.getByRole("button", { name: "The year before" }).click();
    await expect(page).toHaveURL(/year=2024/);
    await expect(page.getByText("No tariff holds in 2024")).toBeVisible();
    await page.getByRole("button", { name: "The year after" }).click();
    await page.getByRole("radio", { name: "Export" }).click();
    await expect(page.getByText("Export earns nothing in 2025")).toBeVisible();
  });

  test("a station without a tariff, for a viewer, in Chinese", async ({ page }) => {
    await signIn(page, platform, "/set-up/tariffs?station=none&year=2025", platform.token({ role: "viewer" }));
    await expect(page.getByText("No tariff holds in 2025")).toBeVisible();
    await expect(page.getByRole("region", { name: "clock" })).toContainText("1 station");
    await expect(page.getByRole("link", { name: "Change by document" })).toHaveCount(0);
    await page.goto(`${platform.url}/set-up/tariffs?station=none&year=2025&lang=zh-CN`);
    await expect(page.getByText("2025 年没有生效的电价")).toBeVisible();
  });
});
