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
  await expect(page.getByText("None could be taken: the cause is still there.")).toBeVisible();
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
