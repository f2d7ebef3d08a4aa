import type { Page } from "@playwright/test";
import { provision, site } from "./stations";
import { expect, findings, Platform, signIn, sticksOut, test } from "./test";

let platform: Platform;
test.beforeAll(async () => {
  platform = await Platform.start();
});
test.afterAll(() => platform.stop());

const editor = (page: Page) => page.getByLabel("Station document (JSON)");
const outcome = (page: Page) => page.getByRole("region", { name: "What would change" });
const check = (page: Page) => page.getByRole("button", { name: "Check" }).click();

async function change(page: Page, from: string, to: string) {
  const text = await editor(page).inputValue();
  expect(text).toContain(from);
  await editor(page).fill(text.replace(from, to));
}

test("the first device that a new platform hears becomes its first station", async ({ page }) => {
  const message = { deviceName: "First meter", ts: Date.now(), values: { p_w: 1500 } };
  await expect(platform.send(message)).rejects.toThrow("not known");
  await signIn(page, platform, "/set-up/quarantine");
  await page.getByRole("link", { name: "Map it" }).click();
  await editor(page).fill((await editor(page).inputValue()).replaceAll("new-station", "first"));
  await check(page);
  await page.getByRole("button", { name: "Apply these changes" }).click();
  await page.getByRole("button", { name: "Replay" }).click();
  await expect(outcome(page)).toContainText("1 message was taken in.");
  await page.waitForTimeout(2_000); // the quarantine is asked for again, and is empty
  await outcome(page)
    .getByRole("link", { name: /See what the points/ })
    .click();
  await expect(page.getByRole("row", { name: /^Grid power grid.active_power/ })).toContainText("1.5 kW");
});

test("a document with mistakes is mended, checked, and applied", async ({ page }) => {
  await signIn(page, platform, "/set-up/provisioning?start=example");
  await change(page, '"pv.active_power", "unit": "W"', '"pv.active_power", "unit": "V"');
  await change(page, '"timezone": "Asia/Shanghai"', '"timezone": "Mars/Olympus"');
  await check(page);
  await expect(page.getByText("2 mistakes in the document")).toBeVisible();
  await expect(outcome(page)).toContainText("The document is refused");
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    expect(await findings(page)).toEqual([]);
  }

  // The list leads to the place: what is typed there replaces what is wrong.
  await page.getByRole("button", { name: /devices\[1\]\.points\[0\]\.unit/ }).press("Enter");
  await expect(editor(page)).toBeFocused();
  await page.keyboard.type('"kW"');
  await expect(page.getByText("mistakes in the document")).toBeHidden();
  await change(page, '"Mars/Olympus"', '"Asia/Shanghai"');

  await check(page);
  await expect(outcome(page)).toContainText("Station new-station is new.");
  await expect(outcome(page)).toContainText("pv-inverter: pv.active_power is read from power_w (kW).");
  await expect(outcome(page)).toContainText("Tariff new-station-tariff gets version 1, from Jan 1, 2026");
  await page.getByRole("button", { name: "Apply these changes" }).click();
  await outcome(page)
    .getByRole("link", { name: /See what the points/ })
    .click();
  await expect(page.getByRole("row", { name: /^PV power pv.active_power/ })).toContainText("kW");
});

test("mistakes are told in the language of the page, which may change", async ({ page }) => {
  await signIn(page, platform, "/set-up/provisioning?start=example");
  await change(page, '"timezone": "Asia/Shanghai"', '"timezone": "Mars/Olympus"');
  const mistake = page.getByRole("button", { name: /timezone/ });
  await check(page);
  await expect(mistake).toContainText("must be an IANA time zone such as Asia/Shanghai");

  await page.getByRole("button", { name: "中文" }).click();
  await page.getByRole("button", { name: "校验" }).click();
  await expect(mistake).toContainText("应为 IANA 时区，例如 Asia/Shanghai");
  const line = page.locator("[aria-hidden]", { hasText: "应为 IANA 时区" });
  await expect(line.first()).toBeAttached(); // at its place, too

  // The first answers of a page that is opened in Chinese.
  await page.route("**/api/v1/stations?*", (route) =>
    route.continue({ url: `${platform.url}/api/v1/stations?limit=0`, headers: route.request().headers() }),
  );
  await page.reload();
  await expect(page.getByText("应为 1 至 1000 的整数").first()).toBeVisible();
});

test("the station as it stands changes nothing; what a change would do is said first", async ({ page }) => {
  await provision(platform, site("stands"));
  await provision(platform, site("other"));
  await signIn(page, platform, "/set-up/provisioning?station=stands");
  await check(page);
  await expect(outcome(page)).toContainText("Nothing would change");

  const document = JSON.parse(await editor(page).inputValue()) as { devices: { points: object[] }[] };
  document.devices.pop();
  document.devices[0]?.points.splice(0, 1, { key: "power_w", semantic: "grid.active_power", unit: "W", sign: -1 });
  await editor(page).fill(JSON.stringify({ ...document, name: "<b>Renamed</b>" }));
  await check(page);
  await expect(outcome(page)).toContainText("The station changes: Name: Site stands → <b>Renamed</b>.");
  await expect(outcome(page)).toContainText("Device stands-pv is removed from now on.");
  await expect(outcome(page)).toContainText("is read from power_w (W · sign turned) instead of power_w (W).");
  await expect(outcome(page)).toContainText("calculated anew");
  interface Station {
    devices: { removedAt?: string }[];
  }
  const { devices } = await platform.call<Station>("GET", "/api/v1/stations/stands");
  expect(devices.map((d) => d.removedAt)).toEqual([undefined, undefined]);

  // A document of another station is compared with that one.
  await editor(page).fill(JSON.stringify(site("other", { name: "Renamed, too" })));
  await check(page);
  await expect(outcome(page)).toContainText("Site other other");
  await expect(outcome(page)).toContainText("The station changes: Name: Site other → Renamed, too.");

  // What was found out is about what was checked.
  await editor(page).press("End");
  await page.keyboard.type(" ");
  await expect(page.getByRole("button", { name: "Apply these changes" })).toBeHidden();
});

test("a file is opened or dropped; broken JSON is told by its line", async ({ page }) => {
  await signIn(page, platform, "/set-up/provisioning?start=example");
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Open a file" }).click();
  await (
    await chooser
  ).setFiles({ name: "a.json", mimeType: "application/json", buffer: Buffer.from('{\n  "stationId": x\n}') });
  await expect(editor(page)).toHaveValue('{\n  "stationId": x\n}');
  await check(page);
  await expect(page.getByRole("button", { name: /^Line 2/ })).toContainText("is not valid JSON");

  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["[]"], "b.json"));
    return data;
  });
  await editor(page).dispatchEvent("drop", { dataTransfer: dropped });
  await expect(editor(page)).toHaveValue("[]");
  const taken = await editor(page).evaluate((area) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.setData("text/plain", "{}");
    return !area.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  });
  expect(taken, "a text that is dropped is left to the browser").toBe(false);
  await check(page);
  await expect(page.getByRole("button", { name: /^Line 1/ })).toContainText("must be an object");
  await page.getByRole("button", { name: "Start again" }).click();
  await expect(editor(page)).toHaveValue(/new-station/);
});

test("what was written stays when the platform is away or the page is left", async ({ page }) => {
  await signIn(page, platform, "/set-up/provisioning?start=example");
  await change(page, '"New station"', '"Kept"');
  await page.route("**/provisioning/stations/preview", (route) => route.abort());
  await check(page);
  await expect(outcome(page)).toContainText("The platform doesn't answer");
  await expect(outcome(page)).not.toContainText("by itself");
  await page.unroute("**/provisioning/stations/preview");
  await outcome(page).getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("button", { name: "Apply these changes" })).toBeVisible();
  await page.route("**/provisioning/stations/preview", (route) => route.fulfill({ status: 500, body: "<html>" }));
  await check(page);
  await expect(outcome(page)).toContainText("Something went wrong");
  await page.unroute("**/provisioning/stations/preview");

  await page.route("**/provisioning/stations/preview", (route) => route.fulfill({ status: 401 }));
  await check(page);
  await page.unroute("**/provisioning/stations/preview");
  await page.getByRole("dialog").getByLabel("Token").fill(platform.token());
  await page.getByRole("dialog").getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(editor(page)).toHaveValue(/"Kept"/);

  await page.getByRole("navigation").getByRole("link", { name: "Tariffs" }).click();
  await page.goBack();
  await expect(editor(page)).toHaveValue(/"Kept"/);
  await page.reload();
  await expect(editor(page)).toHaveValue(/"Kept"/);
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await sticksOut(page)).toBe(false);
  await check(page);
  await expect(outcome(page).getByRole("listitem").first()).toBeInViewport();
});

test("says that the platform is away while somebody writes", async ({ page }) => {
  await signIn(page, platform, "/set-up/provisioning?start=example");
  await expect(editor(page)).toBeVisible();
  await page.route("**/api/**", (route) => route.abort());
  const away = page.getByText("The platform doesn't answer.");
  await expect(away).toBeVisible({ timeout: 20_000 });
  await page.unroute("**/api/**");
  await expect(away).toBeHidden();
});

test("a draft isn't taken for what holds, and ends when it is applied or its writer signs out", async ({ page }) => {
  await provision(platform, site("draft"));
  const at = "/set-up/provisioning?station=draft";
  await signIn(page, platform, at);
  await change(page, '"Site draft"', '"First"');
  await page.getByRole("button", { name: "Start again" }).click();
  await expect(editor(page)).toHaveValue(/"Site draft"/);
  await page.getByRole("button", { name: "Take back" }).click();
  await expect(editor(page)).toHaveValue(/"First"/);
  await expect(page.getByText("Changed here, and not applied yet.")).toBeVisible();
  await check(page);
  await page.getByRole("button", { name: "Apply these changes" }).click();
  await expect(outcome(page)).toContainText("Applied");
  await expect(page.getByText("Changed here, and not applied yet.")).toBeHidden();
  await change(page, '"First"', '"Next"');
  await expect(page.getByText("Changed here, and not applied yet.")).toBeVisible();
  await page.getByRole("button", { name: "Start again" }).click();
  await provision(platform, site("draft", { name: "Second" }));
  await page.reload();
  await expect(editor(page)).toHaveValue(/"Second"/);

  await change(page, '"Second"', '"Third"');
  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, platform, at);
  await expect(editor(page)).toHaveValue(/"Second"/);
});

test("isn't offered to who may not", async ({ page }) => {
  await signIn(page, platform, "/set-up/provisioning", platform.token({ role: "operator" }));
  await expect(page.getByText("Not allowed")).toBeVisible();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Provisioning" })).toHaveCount(0);
});
