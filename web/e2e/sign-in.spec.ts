import { provision, site } from "./stations";
import { expect, findings, Platform, signIn, test } from "./test";

test("a one-time link signs in once, and leaves the address at once", async ({ page, demo }) => {
  const link = await demo.link();
  await page.goto(link);
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
  expect(page.url()).not.toContain("code");

  await page.getByRole("button", { name: /Signed in as/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Token")).toBeVisible();

  await page.goto(link);
  await expect(page.getByRole("alert")).toContainText("used already");
});

test("a link is tried until it is answered, and needs one answer only", async ({ page }) => {
  const platform = await Platform.start(["demo", "--days", "1"]);
  const link = await platform.link();
  await page.route("**/api/v1/me", (route) => route.abort());
  await page.route("**/api/v1/sign-in", (route) => route.abort(), { times: 1 });
  await page.goto(`${platform.url}/sign-in`); // by the address alone: what follows is another one, not a part of it
  await expect(page.getByLabel("Token")).toBeVisible();
  await page.evaluate((to) => location.assign(to), link);
  await expect(page.getByRole("alert")).toContainText("The link is tried again by itself.");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await platform.stop();
});

test("a token that isn't one is refused, and a good one is taken from any page", async ({ page, demo }) => {
  await page.goto(`${demo.url}/fleet`);
  await page.getByLabel("Token").fill("nonsense");
  await page.keyboard.press("Enter");
  await expect(page.getByText("The token isn't accepted")).toBeVisible();
  expect(await findings(page)).toEqual([]);

  // The same form takes the next, and the same again where it is the platform that had no time for it.
  await page.route("**/api/v1/me", (route) => route.fulfill({ status: 503 }), { times: 1 });
  await page.getByLabel("Token").fill(demo.token());
  await page.keyboard.press("Enter");
  await expect(page.getByText("Try again in a moment.")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe("/fleet");
  await page.reload();
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
});

test("a token that expires asks again over the page, which loses nothing", async ({ page, demo }) => {
  await signIn(page, demo, "/fleet", demo.token({ valid: "5s" }));
  await page.getByLabel("Filter by name").fill("wannsee");
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeVisible();
  expect(await findings(page)).toEqual([]);
  await dialog.getByLabel("Token").fill(demo.token());
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByLabel("Filter by name")).toHaveValue("wannsee");
  await expect(page.getByRole("table").getByRole("link")).toHaveText(["Haus am Wannsee"]);
});

test("all of it works under a path of a proxy", async ({ page }) => {
  const platform = await Platform.start(["serve"], { MICROGRID_HTTP_BASE_PATH: "/energy/site" });
  await provision(platform, site("one"));
  await provision(platform, site("two"));
  await signIn(page, platform, "/energy/site/");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Fleet" }).click();
  await expect(page).toHaveURL(/\/energy\/site\/fleet\?/);
  await page.reload();
  await page.getByRole("link", { name: "Site two" }).click();
  await expect(page).toHaveURL(/\/energy\/site\/\?station=two/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Site two");
  await platform.stop();
});
