import { provision, site } from "./stations";
import { expect, findings, Platform, signIn, sticksOut, test } from "./test";

let platform: Platform;
test.beforeAll(async () => {
  platform = await Platform.start();
  await provision(platform, site("one"));
});
test.afterAll(() => platform.stop());

/** Sends what only goes into quarantine: the webhook says so with 400. */
async function refused(...messages: Parameters<Platform["send"]>) {
  await expect(platform.send(...messages)).rejects.toThrow("not known");
}

test("an unknown device is mapped, replayed, and its values appear", async ({ page }) => {
  await signIn(page, platform, "/set-up/quarantine");
  await expect(page.getByText("Nothing is in quarantine")).toBeVisible();

  const name = `Load meter <i>2</i> 负荷`;
  const now = Date.now();
  await refused(
    { deviceName: name, ts: now - 60_000, values: { power_kw: 1.25, note: "a" } },
    { deviceName: name, ts: now, values: { power_kw: 1.5, note: "b" } },
  );
  await page.reload();
  const device = page.getByRole("region", { name });
  await expect(device).toContainText("2 messages");
  await expect(device).toContainText("power_kw = 1.5");
  await device.getByRole("link", { name: "Show the messages" }).click();
  await expect(device.getByRole("row")).toHaveCount(3);
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    expect(await findings(page)).toEqual([]);
  }

  await device.getByRole("link", { name: "Map it" }).click();
  await expect(page.getByLabel("Station document (JSON)")).toHaveValue(/"load.active_power", "unit": "kW"/);
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByText("Device Load-meter-i-2-i is added.")).toBeVisible();
  await page.getByRole("button", { name: "Apply these changes" }).click();
  await expect(page.getByText(/2 messages of .* wait in quarantine/)).toBeVisible();
  await page.getByRole("button", { name: "Replay" }).click();
  await expect(page.getByText("2 messages were taken in.")).toBeVisible();
  await page.getByRole("link", { name: /See what the points/ }).click();
  await expect(page.getByRole("row", { name: /^Load power load.active_power/ })).toContainText("1.5 kW");
  await page.getByRole("navigation").getByRole("link", { name: "Quarantine" }).click();
  await expect(page.getByText("Nothing is in quarantine")).toBeVisible();
});

test("a value that is no number stays until it can be used", async ({ page }) => {
  await expect(
    platform.send({ deviceName: "one pv", ts: Date.now() - 1000, values: { power_w: "off" } }),
  ).rejects.toThrow("no number");
  await signIn(page, platform, "/set-up/quarantine", platform.token({ role: "operator" }));
  const device = page.getByRole("region", { name: "one pv" });
  await expect(device).toContainText("Unusable value");
  await expect(device.getByRole("link", { name: "Map it" })).toHaveCount(0);
  await device.getByRole("button", { name: "Replay" }).click();
  await expect(page.getByText("No message was taken in.")).toBeVisible();
  await expect(page.getByText("1 is still of no use.")).toBeVisible();

  await page.route("**/quarantine/replay", (route) => route.fulfill({ status: 503, headers: { "Retry-After": "1" } }));
  await page.getByRole("button", { name: "Replay all" }).click();
  await expect(page.getByText("The platform is busy")).toBeVisible();
});

test("a device that its station gave up can be mapped again, whatever is held of it", async ({ page }) => {
  const moved = { deviceId: "moved", kind: "sensor", thingsboard: { deviceName: "moved" } };
  const points = [{ key: "v", semantic: "sensor.v", unit: "other" }];
  const { devices } = site("two") as { devices: object[] };
  await provision(platform, site("two", { devices: [...devices, { ...moved, points }] }));
  await expect(platform.send({ deviceName: "moved", ts: Date.now(), values: { v: "off" } })).rejects.toThrow();
  await provision(platform, site("two"));
  await signIn(page, platform, "/set-up/quarantine");
  await page.getByRole("region", { name: "moved" }).getByRole("link", { name: "Map it" }).click();
  await expect(page.getByLabel("Station document (JSON)")).toHaveValue(/"deviceName": "moved"/);
});

test("an operator sees no way to map; viewers and tokens of some stations no quarantine", async ({ page }) => {
  await refused({ deviceName: "x".repeat(200), ts: Date.now(), values: { a: 1 } });
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, platform, "/", platform.token({ role: "operator" }));
  await page.goto(`${platform.url}/set-up/quarantine?lang=zh-CN`);
  await expect(page.getByRole("heading", { name: "xxxx" })).toBeVisible();
  await expect(page.getByRole("link", { name: "映射设备" })).toHaveCount(0);
  expect(await sticksOut(page)).toBe(false);

  for (const token of [platform.token({ role: "viewer" }), platform.token({ stations: "one" })]) {
    await page.evaluate(() => sessionStorage.clear());
    await page.evaluate(() => localStorage.clear());
    await signIn(page, platform, "/set-up/quarantine", token);
    await expect(page.getByText("Not allowed")).toBeVisible();
    await page.goto(`${platform.url}/set-up`);
    await expect(page.getByRole("main").getByRole("link", { name: /^Tariffs/ })).toBeVisible();
    await expect(page.getByRole("main").getByRole("link", { name: /^Quarantine/ })).toHaveCount(0);
  }
});
