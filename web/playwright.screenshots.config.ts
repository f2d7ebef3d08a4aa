import base from "./playwright.config";

export default { ...base, testDir: "screenshots", timeout: 600_000 };
