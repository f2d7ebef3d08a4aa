import { readFileSync } from "node:fs";
import { expect, findings, signIn, test } from "./test";

interface Stats {
  items: { windowStart: string; energyKwh: Record<string, string | null>; flags: string[] }[];
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

test("charts are read and zoomed by keys, and say what is missing", async ({ page, demo }) => {
  await signIn(page, demo, "/statistics?station=station-demo-001&granularity=quarter");
  await page.getByRole("button", { name: "Earlier" }).click();
  const chart = page.getByRole("slider", { name: /Energy onto the site's bus/ });
  await chart.focus();
  await page.keyboard.press("Home");
  await expect(chart).toHaveAttribute("aria-valuetext", /00:00.*kWh/);
  await page.keyboard.press("+");
  const brush = page.getByRole("slider", { name: /^To/ });
  const zoomed = await brush.inputValue();
  await page.keyboard.press("Escape");
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
