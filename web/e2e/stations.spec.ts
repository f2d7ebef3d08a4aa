import { provision, site } from "./stations";
import { expect, findings, Platform, signIn, sticksOut, test } from "./test";

const markup = `<img src=x onerror="alert(1)"> & `;

interface Mapped {
  devices: { deviceId: string; points: Record<string, unknown>[] }[];
}

/** The site with a load meter, so that the balance can be checked; the grid's mapping as given. */
function metered(stationId: string, grid: Record<string, unknown> = {}) {
  const document = site(stationId) as unknown as Mapped;
  document.devices.push({
    deviceId: `${stationId}-load`,
    kind: "load_meter",
    thingsboard: { deviceName: `${stationId} load` },
    points: [{ key: "power_kw", semantic: "load.active_power" }],
  } as Mapped["devices"][number]);
  Object.assign(document.devices[0]?.points[0] ?? {}, grid);
  return document as unknown as Record<string, unknown>;
}

test.describe("a platform of its own", () => {
  let platform: Platform;
  test.beforeAll(async () => {
    platform = await Platform.start();
    await provision(platform, metered("one"));
  });
  test.afterAll(() => platform.stop());

  const send = (grid: number) =>
    platform.send(
      { deviceName: "one grid", ts: Date.now(), values: { power_w: grid, firmware: "1.2" } },
      { deviceName: "one pv", ts: Date.now(), values: { power_w: 6000 } },
      { deviceName: "one load", ts: Date.now(), values: { power_kw: 2.5 } },
    );

  test("is found by a click and a part of its name, which takes the place of the present one", async ({ page }) => {
    await provision(platform, metered("two"));
    await signIn(page, platform, "/set-up/stations?station=one");
    await page.getByRole("button", { name: "Station: Site one" }).click();
    const picker = page.getByRole("combobox", { name: "Station" });
    await expect(page.getByRole("option")).toHaveCount(2);
    await page.waitForTimeout(100); // as long as a hand takes from the mouse to the keys
    await page.keyboard.type("tw");
    await expect(picker).toHaveValue("tw");
    await page.getByRole("option", { name: "Site two" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Stations & points Site two");
  });

  test("says of the balance only what is known", async ({ page }) => {
    await page.route("**/api/v1/telemetry/latest?*", (route) => route.fulfill({ status: 500 }));
    await signIn(page, platform, "/set-up/stations");
    await expect(page.getByText("Something went wrong")).toBeVisible();
    await expect(page.getByText("No power is told yet")).toHaveCount(0);
  });

  test("shows what was sent beside what it means, and a wrong sign or unit at once", async ({ page }) => {
    await signIn(page, platform, "/set-up/stations");
    const grid = page.getByRole("row", { name: /^Grid power grid.active_power/ });
    const balance = page.getByRole("region", { name: "Balance of the site now" });
    await expect(grid).toContainText("Never heard");
    await expect(balance).toContainText("No power is told yet");

    await send(-3500);
    await expect(grid).toContainText("-3500");
    await expect(grid).toContainText("-3.5 kW");
    await expect(grid).toContainText("Plausible");
    await expect(balance).toContainText("Balanced");
    await expect(page.getByText('firmware = "1.2"')).toBeVisible();

    await provision(platform, metered("one", { sign: -1 }));
    await send(-3501);
    await expect(grid).toContainText("3.501 kW");
    await expect(balance).toContainText("With the sign of Grid turned it would be right");
    await page.reload();
    await expect(grid).toContainText("W · sign turned");

    await provision(platform, metered("one", { unit: "kW" }));
    await send(-3502);
    await expect(grid).toContainText("Above the rating: unit?");
    await expect(balance).toContainText("With Grid in another unit it would be right");
  });

  test("keeps the history of a mapping, and devices that were removed", async ({ page }) => {
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const changed = metered("one", { key: "p_total", validFrom: `${from.slice(0, 19)}Z` }) as unknown as Mapped;
    changed.devices.splice(1, 1);
    await provision(platform, changed as unknown as Record<string, unknown>);
    await signIn(page, platform, "/set-up/stations");
    await expect(page.getByRole("row", { name: /^Grid power grid.active_power/ })).toContainText("p_total");
    const history = page.getByText("1 earlier or later mapping");
    await history.focus();
    await page.keyboard.press("Enter");
    await expect(page.getByText("from the beginning")).toBeVisible();
    await page.getByText("1 removed device").click();
    await expect(page.getByRole("region", { name: "one-pv", exact: true })).toContainText("Not mapped now");
  });

  test("a name of 200 characters with markup on a phone", async ({ page }) => {
    await provision(platform, site("long", { name: markup + "x".repeat(200 - markup.length), devices: [] }));
    await page.setViewportSize({ width: 390, height: 844 });
    await signIn(page, platform, "/set-up/stations?station=long");
    await expect(page.getByRole("heading", { level: 1 })).toContainText(markup);
    await expect(page.getByText("The station has no device")).toBeVisible();
    expect(await sticksOut(page)).toBe(false);
  });
});

test("no serious finding in either theme, no button that would be refused, nothing sticks out", async ({
  page,
  demo,
}) => {
  await signIn(page, demo, "/", demo.token({ role: "viewer" }));
  for (const theme of ["light", "dark"]) {
    await page.goto(`${demo.url}/set-up/stations?station=station-demo-001&theme=${theme}`);
    await expect(page.getByRole("row", { name: /battery.soc/ })).toBeVisible();
    await expect(page.getByRole("link", { name: "Change by document" })).toBeHidden();
    expect(await findings(page)).toEqual([]);
    await page.goto(`${demo.url}/set-up?theme=${theme}`);
    await expect(page.getByRole("main").getByRole("link", { name: /^Tariffs/ })).toBeVisible();
    await expect(page.getByRole("main").getByRole("link", { name: /^Provisioning|^Quarantine/ })).toHaveCount(0);
    expect(await findings(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${demo.url}/set-up/stations?station=station-demo-001&lang=zh-CN`);
  await expect(page.getByRole("heading", { name: "实时功率平衡" })).toBeVisible();
  expect(await sticksOut(page)).toBe(false);
  await page.getByRole("navigation").getByRole("link", { name: "配置" }).click();
  await page.getByRole("main").getByRole("link", { name: /^电价/ }).click();
  await expect(page).toHaveURL(/set-up\/tariffs/);
});

test("says what went wrong, and recovers by itself", async ({ page, demo }) => {
  await signIn(page, demo, "/fleet");
  for (const [answer, words] of [
    [{ status: 500, contentType: "application/problem+json", body: '{"detail":"broken"}' }, "Something went wrong"],
    [{ status: 429, contentType: "text/plain", body: "slow", headers: { "Retry-After": "1" } }, "The platform is busy"],
    [{ status: 200, contentType: "text/html", body: "<html>proxy</html>" }, "Something went wrong"],
  ] as const) {
    await page.route("**/api/v1/stations/*", (route) => route.fulfill(answer));
    await page.goto(`${demo.url}/set-up/stations?station=station-demo-001`);
    await expect(page.getByText(words, { exact: true })).toBeVisible();
    await page.unroute("**/api/v1/stations/*");
    await expect(page.getByRole("row", { name: /battery.soc/ })).toBeVisible();
  }
});
