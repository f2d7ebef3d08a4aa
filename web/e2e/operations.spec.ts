import { provision, site } from "./stations";
import { expect, findings, Platform, signIn, sticksOut, test } from "./test";

const letter = {
  projection: "telemetry",
  stream: "telemetry-tenant-demo.station-demo-001.20261124",
  revision: 7,
  position: 4711,
  eventId: "00000000-0000-0000-0000-000000000001",
  eventType: "TelemetryReceived",
  error: "no column <b>x</b>",
  parkedAt: "2026-11-24T12:00:00Z",
};

test("says how far every projection is", async ({ page, demo }) => {
  await signIn(page, demo, "/set-up/operations");
  const { items } = await demo.call<{ items: { projection: string }[] }>("GET", "/api/v1/projections");
  for (const { projection } of items) {
    await expect(page.getByRole("row", { name: new RegExp(` ${projection} `) }).first()).toContainText("Up to date");
  }
  await expect(page.getByText("No event is parked")).toBeVisible();

  await page.route("**/api/v1/projections", (route) =>
    route.fulfill({
      json: {
        items: [
          { projection: "telemetry", position: 1, active: true, caughtUp: false, behindSeconds: 90 },
          {
            projection: "statistics",
            position: 1,
            active: false,
            caughtUp: false,
            behindSeconds: 0,
            error: "disk full",
          },
        ],
        next: null,
      },
    }),
  );
  await page.reload();
  await expect(page.getByRole("row", { name: /^Telemetry telemetry/ })).toContainText("90 seconds behind");
  await expect(page.getByRole("row", { name: /^Statistics statistics/ })).toContainText("disk full");
});

test("parked events are replayed by an administrator, and only seen by an auditor", async ({ page, demo }) => {
  await page.route("**/api/v1/dead-letters?*", (route) =>
    route.fulfill({ json: { items: [letter, { ...letter, revision: 8, error: "follows one" }], next: null } }),
  );
  let asked: unknown;
  await page.route("**/api/v1/dead-letters/replay", (route) => {
    asked = route.request().postDataJSON();
    return route.fulfill({ json: { replayed: 0 } });
  });
  await signIn(page, demo, "/set-up/operations");
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await expect(page.getByText("2 events")).toBeVisible();
    await expect(page.getByText(letter.error)).toBeVisible();
    expect(await findings(page)).toEqual([]);
  }
  await page.getByRole("button", { name: "Replay" }).press("Enter");
  await expect(page.getByText("Nothing was parked there any more.")).toBeVisible();
  expect(asked).toEqual({ projection: letter.projection, stream: letter.stream });

  await page.setViewportSize({ width: 390, height: 844 });
  await page.evaluate(() => sessionStorage.clear());
  await signIn(page, demo, "/set-up/operations", demo.token({ role: "auditor" }));
  await expect(page.getByText("2 events")).toBeVisible();
  await expect(page.getByRole("button", { name: "Replay" })).toHaveCount(0);
  expect(await sticksOut(page)).toBe(false);

  await page.evaluate(() => sessionStorage.clear());
  await signIn(page, demo, "/set-up/operations", demo.token({ role: "viewer" }));
  await expect(page.getByRole("heading", { name: "Read models and policies" })).toBeVisible();
  await expect(page.getByText("Dead letters")).toHaveCount(0);
});

test("says that there may be more parked events than one answer holds", async ({ page, demo }) => {
  const more = page.getByText("There may be more of them than are shown here.");
  for (const count of [999, 1000]) {
    const items = Array.from({ length: count }, (_, revision) => ({ ...letter, revision }));
    await page.route("**/api/v1/dead-letters?*", (route) => route.fulfill({ json: { items, next: null } }));
    await signIn(page, demo, "/set-up/operations");
    await expect(page.getByText(`${count.toLocaleString("en")} events`)).toBeVisible();
    await expect(more).toHaveCount(count === 1000 ? 1 : 0);
    await page.evaluate(() => sessionStorage.clear());
  }
});

test("an event that can't be taken is shown with its cause, and replayed once that is gone", async ({ page }) => {
  const platform = await Platform.start();
  // Someone has tightened a table by hand: the station is taken, its first device isn't, nor what follows in the stream.
  platform.sql("ALTER TABLE devices ADD CONSTRAINT no_meters CHECK (kind <> 'grid_meter')");
  await provision(platform, site("parked"));
  await provision(platform, site("free", { devices: [], tariff: undefined }));
  await platform.until("all is parked", async () => (await deadLetters(platform)).length === 5);

  await signIn(page, platform, "/set-up/operations?station=parked");
  const stream = page.getByRole("listitem").filter({ hasText: "station-tenant-demo.parked" });
  await expect(stream).toContainText("stations");
  await expect(stream).toContainText("5 events");
  await expect(stream).toContainText("First: DeviceRegistered, revision 1");
  await expect(stream).toContainText('violates check constraint "no_meters"');
  expect(await platform.call("GET", "/api/v1/stations/free")).toMatchObject({ stationId: "free" });

  await stream.getByRole("button", { name: "Replay" }).click();
  await expect(stream.getByRole("alert")).toContainText(
    "0 events projected, then: station-tenant-demo.parked 1 still can't",
  );
  await expect(stream.getByRole("alert")).toContainText("no_meters");
  expect(await findings(page)).toEqual([]);
  await expect(stream).toContainText("5 events");

  platform.sql("ALTER TABLE devices DROP CONSTRAINT no_meters");
  await stream.getByRole("button", { name: "Replay" }).click();
  await expect(page.getByText("5 events were taken.")).toBeVisible();
  await expect(page.getByText("No event is parked")).toBeVisible();
  await expect(stream).toHaveCount(0);
  expect(await deadLetters(platform)).toEqual([]);

  // What comes next in the stream is taken as ever.
  await provision(platform, site("parked", { name: "Renamed" }));
  await page.getByRole("navigation").getByRole("link", { name: "Stations" }).click();
  await expect(page.getByText("parked grid")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Renamed" })).toBeVisible();
  await platform.stop();
});

async function deadLetters(platform: Platform): Promise<unknown[]> {
  return (await platform.call<{ items: unknown[] }>("GET", "/api/v1/dead-letters")).items;
}

test("stays, marked as old, while the platform is away", async ({ page }) => {
  const platform = await Platform.start();
  await signIn(page, platform, "/set-up/operations");
  await expect(page.getByRole("row", { name: /^Stations stations/ })).toBeVisible();
  await platform.kill();
  await expect(page.getByText("The platform doesn't answer.")).toBeVisible();
  await expect(page.getByText(/Not up to date/).first()).toBeVisible();
  await expect(page.getByRole("row", { name: /^Stations stations/ })).toBeVisible();
  await platform.run();
  await expect(page.getByText("The platform doesn't answer.")).toBeHidden({ timeout: 30_000 });
  await platform.stop();
});

test("a page that wasn't loaded yet comes when the platform is back", async ({ page }) => {
  const platform = await Platform.start();
  await signIn(page, platform, "/set-up/operations");
  await expect(page.getByRole("row", { name: /^Stations stations/ })).toBeVisible();
  await platform.kill();
  await page.getByRole("navigation").getByRole("link", { name: "Quarantine" }).click();
  await expect(page.getByText("The platform doesn't answer.")).toBeVisible();
  await platform.run();
  await expect(page.getByRole("heading", { level: 1, name: "Quarantine" })).toBeVisible({ timeout: 30_000 });
  await platform.stop();
});
