import { readFileSync } from "node:fs";
import { provision, site } from "./stations";
import { expect, findings, Platform, signIn, test } from "./test";

interface Settlement {
  date: string;
  version: number;
  netAmount: string;
  provisional: boolean;
  lines: { direction: string; period: string; quantityKwh: string; price: string; amount: string }[];
}

const days = (platform: Platform, query: string) =>
  platform.call<{ items: Settlement[] }>("GET", `/api/v1/settlements?${query}`).then((list) => list.items);

test("a day's lines, total, versions and file are what the API says", async ({ page, demo }) => {
  const to = new Date().toISOString().slice(0, 10);
  const from = new Date(Date.now() - 4 * 86_400_000).toISOString().slice(0, 10);
  const all = await days(demo, `station_id=station-demo-001&from=${from}&to=${to}&version=all`);
  const day = all.find((s) => s.version > 1) ?? all.at(-1);
  if (!day) throw new Error("the demo has no settled day");
  await signIn(page, demo, `/settlements?station=station-demo-001&day=${day.date}`);

  const lines = page.getByRole("table", { name: "Lines of the settlement" });
  await expect(lines.getByRole("row")).toHaveCount(day.lines.length + 2);
  for (const line of day.lines) {
    const row = lines.getByRole("row").filter({ hasText: Number(line.quantityKwh).toFixed(3) });
    await expect(row).toContainText(line.amount);
    await expect(row).toContainText(line.price);
  }
  await expect(lines.getByRole("row").last()).toContainText(day.netAmount.replace("-", ""));
  if (day.version > 1) {
    const versions = page.getByRole("table", { name: `${day.version} versions` });
    await expect(versions.getByRole("columnheader")).toHaveText(["Version 1", "Version 2"]);
    await expect(versions).toContainText("(changed)");
  }
  await expect(page.getByRole("slider", { name: /Import upwards/ })).toBeVisible();

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV of the month" }).click();
  const file = readFileSync(await (await saved).path(), "utf8");
  expect(file.startsWith("\uFEFFstationId,date,version")).toBe(true);
  for (const line of day.lines) expect(file).toContain(`${line.quantityKwh},${line.price},${line.amount}`);
});

test("days are chosen by keys, and the address says which", async ({ page, demo }) => {
  await signIn(page, demo, "/settlements?station=station-demo-001&day=2026-11-10");
  await page.getByRole("button", { name: /Nov 10/ }).focus();
  await page.keyboard.press("ArrowDown");
  await expect(page).toHaveURL(/day=2026-11-17/);
  await expect(page.getByRole("button", { name: /Nov 17/ })).toBeFocused();
  for (const over of ["Nov 24", "Dec 1", "Dec 8"]) {
    await page.keyboard.press("ArrowDown");
    await expect(page.getByRole("button", { name: new RegExp(`${over},`) })).toBeFocused();
  }
  await page.getByRole("button", { name: "Previous month" }).click();
  await expect(page.getByRole("heading", { name: /Nov 8/ })).toBeVisible();
  await page.getByRole("button", { name: "Next month" }).click();
  await expect(page.getByRole("heading", { name: "December 2026" })).toBeVisible();
  await expect(page.getByRole("heading", { name: /Tue, Dec 8/ })).toBeVisible();
});

test("what comes instead of the file is no file", async ({ page, demo }) => {
  await signIn(page, demo, "/settlements?station=station-demo-001&day=2026-11-10");
  page.on("download", () => expect("a download").toBe("none"));
  const csv = page.getByRole("button", { name: "CSV of the month" });
  await page.route("**/settlements.csv*", (route) =>
    route.fulfill({ contentType: "text/html", body: "<html>Sign in to the proxy</html>" }),
  );
  await csv.click();
  await expect(page.getByRole("alert")).toContainText("Something went wrong");
  await page.route("**/settlements.csv*", (route) => route.fulfill({ status: 401, json: { detail: "not any more" } }));
  await csv.click();
  await expect(page.getByRole("dialog", { name: "Sign in again" })).toBeVisible();
});

test("what an address says that isn't understood is left out of it", async ({ page, demo }) => {
  await signIn(page, demo, "/settlements?station=station-demo-001&day=9999-12-31&lang=xx");
  await expect(page.getByRole("heading", { name: "Settlements" })).toBeVisible();
  await expect(page).toHaveURL(/\/settlements\?station=station-demo-001$/);
  await page.goto(`${demo.url}/statistics?station=station-demo-001&granularity=zzz&from=2025-02-31`);
  await expect(page.getByRole("radio", { name: "15 min" })).toBeChecked();
  await expect(page).toHaveURL(/\/statistics\?station=station-demo-001$/);
});

test("no serious finding in either theme, and no closing for a viewer", async ({ page, demo }) => {
  await signIn(page, demo, "/", demo.token({ role: "viewer" }));
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  for (const theme of ["light", "dark"]) {
    await page.goto(`${demo.url}/settlements?station=station-demo-001&day=${today}&theme=${theme}`);
    await expect(page.getByText("A day is settled when its last window has closed.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Close by hand" })).toHaveCount(0);
    expect(await findings(page)).toEqual([]);
  }
});

test("a day is closed by hand, once it is said what that does, and is settled", async ({ page }) => {
  const platform = await Platform.start();
  try {
    await provision(platform, site("by-hand"));
    const day = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
    const start = Date.parse(`${day}T00:00:00Z`);
    // A power that is said once in an hour, until noon: the rest of the day stays open.
    for (let hour = 0; hour < 12; hour++) {
      await platform.send({ deviceName: "by-hand grid", ts: start + hour * 3_600_000, values: { power_w: 4000 } });
    }
    await signIn(page, platform, `/settlements?station=by-hand&day=${day}`);
    await expect(page.getByRole("main").getByRole("paragraph").filter({ hasText: "Not settled" })).toBeVisible();
    await page.getByRole("button", { name: "Close by hand" }).click();
    const dialog = page.getByRole("dialog", { name: "Close windows by hand" });
    await expect(dialog).toContainText("still open");
    await expect(dialog).toContainText("is settled at once");
    await dialog.getByRole("button", { name: "What to close" }).click();
    await page.getByRole("option").nth(1).click();
    await expect(dialog).not.toContainText("is settled at once");
    await dialog.getByRole("button", { name: "What to close" }).click();
    await page.getByRole("option", { name: "The whole day" }).click();
    expect(await findings(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Close by hand" }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("table", { name: "Lines of the settlement" })).toBeVisible();
    await expect(page.getByText(/^Provisional: only/)).toBeVisible();
  } finally {
    await platform.stop();
  }
});
