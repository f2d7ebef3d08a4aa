import { readFileSync } from "node:fs";
import { provision, site } from "./stations";
import { expect, findings, Platform, signIn, test } from "./test";

interface Stats {
  items: {
    windowStart: string;
    energyKwh: Record<string, string | null>;
    gauges: Record<string, { mean: string }>;
    flags: string[];
  }[];
}

test("what is shown is what the API says, to the last digit in the file", async ({ page, demo }) => {
  await signIn(page, demo, "/statistics?station=station-demo-001&granularity=day");
  const table = page.getByRole("table", { name: "Windows" });
  await expect(table.getByRole("row").nth(1)).toBeVisible();

  const to = new Date(Date.now() + 86_400_000).toISOString();
  const from = new Date(Date.now() - 32 * 86_400_000).toISOString();
  const query = `station_id=station-demo-001&granularity=day&from=${from}&to=${to}`;
  const { items } = await demo.call<Stats>("GET", `/api/v1/stats?${query}`);
  expect(items.length).toBeGreaterThan(1);
  await expect(table.getByRole("row")).toHaveCount(items.length + 1);
  const pv = table.getByRole("row").nth(1).getByRole("cell").first();
  await expect(pv).toHaveText(Number(items[0]?.energyKwh.pv).toFixed(3));
  const soc = await table.getByRole("columnheader", { name: "SOC, mean" }).evaluate((th) => {
    return (th as HTMLTableCellElement).cellIndex;
  });
  const mean = Number(items[0]?.gauges["battery.soc"]?.mean).toFixed(1);
  await expect(table.getByRole("row").nth(1).locator("th, td").nth(soc)).toHaveText(`${mean}%`);

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  const [header, ...rows] = readFileSync(await (await saved).path(), "utf8")
    .trim()
    .split("\r\n");
  const column = header?.split(",").indexOf("pvKwh") ?? -1;
  expect(rows.map((row) => row.split(",")[column])).toEqual(items.map((w) => w.energyKwh.pv));
});

test("granularity, range and comparison stand in the address", async ({ page, demo }) => {
  await signIn(page, demo, "/statistics?station=station-demo-001");
  await page.getByRole("radio", { name: "Hour" }).click();
  await expect(page).toHaveURL(/granularity=hour/);
  await page.getByRole("button", { name: "Compare with" }).click();
  await page.getByRole("option", { name: "The period before" }).click();
  await expect(page).toHaveURL(/compare=before/);
  const range = page.getByRole("group", { name: "Range of days" });
  const before = await range.textContent();
  await page.getByRole("button", { name: "Earlier" }).click();
  await expect(range).not.toHaveText(before ?? "");
  await page.reload();
  await expect(page.getByRole("radio", { name: "Hour" })).toBeChecked();
});

test("a range is typed, and counts when it is whole", async ({ page, demo }) => {
  await signIn(page, demo, "/statistics?station=station-demo-001&granularity=day&from=2026-11-10&to=2026-11-16");
  const range = page.getByRole("group", { name: "Range of days" });
  const type = async (part: RegExp, text: string) => {
    await range.getByRole("spinbutton", { name: part }).click();
    await page.keyboard.type(text);
  };
  await type(/^year, Start/, "2025");
  await expect(page).toHaveURL(/from=2026-11-10&to=2026-11-16/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/from=2025-11-10&to=2026-11-16/);
  await type(/^year, End/, "20");
  await page.getByRole("heading", { level: 1 }).click();
  await expect(page).toHaveURL(/from=2025-11-10&to=2026-11-16/);
  await type(/^day, Start/, "20");
  await type(/^year, End/, "2025");
  await page.getByRole("heading", { level: 1 }).click();
  await expect(page).toHaveURL(/from=2025-11-16&to=2025-11-20/);

  await page.getByRole("radio", { name: "Month" }).click();
  await expect(range).toContainText("11/1/2025–11/30/2025"); // as whole as the windows are
  await page.goBack();
  await page.goBack();
  await expect(page).toHaveURL(/from=2025-11-10&to=2026-11-16/);
});

test("charts are read and zoomed by keys, and say what is missing", async ({ page, demo }) => {
  await signIn(page, demo, "/statistics?station=station-demo-001&granularity=quarter");
  await page.getByRole("button", { name: "Earlier" }).click();
  const chart = page.getByRole("slider", { name: /Energy onto the site's bus/ });
  await chart.focus();
  await page.keyboard.press("Home");
  await expect(chart).toHaveAttribute("aria-valuetext", /00:00.*kWh.*Valley/);
  await page.keyboard.press("+");
  const brush = page.getByRole("slider", { name: /^To/ });
  const zoomed = await brush.inputValue();
  await page.getByRole("button", { name: "中文" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("统计");
  await page.getByRole("button", { name: "深色" }).click();
  await expect(page.getByRole("slider", { name: /^到/ })).toHaveValue(zoomed);
  await page.getByRole("button", { name: "EN" }).click();
  await chart.press("Escape");
  await expect(brush).not.toHaveValue(zoomed);
  expect(Number(await brush.inputValue())).toBeGreaterThan(Number(zoomed));
});

test("no serious finding in either theme, and a station without data says so", async ({ page, demo }) => {
  await signIn(page, demo);
  for (const theme of ["light", "dark"]) {
    await page.goto(`${demo.url}/statistics?station=station-demo-001&granularity=hour&compare=before&theme=${theme}`);
    await expect(page.getByRole("table", { name: "Windows" })).toBeVisible();
    expect(await findings(page)).toEqual([]);
  }
  await page.goto(`${demo.url}/statistics?station=station-demo-001&from=2001-01-01&to=2001-01-02`);
  await expect(page.getByText("No closed windows in this range")).toBeVisible();
});

test("a day of 25 hours has 100 quarters, and tells the hour that comes twice apart", async ({ page }) => {
  const platform = await Platform.start();
  try {
    await provision(platform, site("berlin", { timezone: "Europe/Berlin", currency: "EUR" }));
    const begin = Date.parse("2025-10-25T22:00:00Z");
    const messages = Array.from({ length: 25 * 6 + 1 }, (_, i) => begin + i * 600_000);
    await platform.send(...messages.map((ts) => ({ deviceName: "berlin grid", ts, values: { power_w: 4000 } })));
    await platform.send(...messages.map((ts) => ({ deviceName: "berlin pv", ts, values: { power_w: 0 } })));
    const end = new Date(begin + 25 * 3_600_000).toISOString();
    const window = { windowStart: new Date(begin).toISOString(), windowEnd: end };
    await platform.call("POST", "/analytics/window-close", { stationId: "berlin", ...window });
    const query = `station_id=berlin&granularity=day&from=${window.windowStart}&to=${end}`;
    await platform.until("the day is calculated", async () => {
      return (await platform.call<Stats>("GET", `/api/v1/stats?${query}`)).items.length === 1;
    });

    await signIn(page, platform, "/statistics?station=berlin&granularity=quarter&from=2025-10-26&to=2025-10-26");
    const table = page.getByRole("table", { name: "Windows" });
    await expect(table).toHaveAttribute("aria-rowcount", "101");
    await expect(table.getByRole("rowheader", { name: /02:00.*GMT\+2/ })).toHaveCount(1);
    await expect(table.getByRole("rowheader", { name: /02:00.*GMT\+1/ })).toHaveCount(1);
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    const file = readFileSync(await (await saved).path(), "utf8");
    expect(file).toContain("2025-10-26 02:00:00+02:00");
    expect(file).toContain("2025-10-26 02:00:00+01:00");

    await page.goto(`${platform.url}/settlements?station=berlin&day=2025-10-26`);
    await expect(page.getByText("25 hours: the clocks change")).toBeVisible();
    // 4 kW from 08:00 to 22:00 by one price, through the 11 hours of the night by the other.
    const lines = page.getByRole("table", { name: "Lines of the settlement" });
    await expect(lines).toContainText("56.000");
    await expect(lines).toContainText("44.000");
  } finally {
    await platform.stop();
  }
});
