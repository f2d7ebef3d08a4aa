import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Says clearly what is missing, and builds the binary that the tests start: with the page that stands in dist. */
export default function setup(): void {
  const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(chromium)) {
    throw new Error(
      `There is no Chromium at ${chromium}. deploy/setup.sh --web installs it on Debian and Ubuntu; CHROMIUM names another.`,
    );
  }
  if (!existsSync(new URL("../dist/index.html", import.meta.url))) {
    throw new Error("The page isn't built: run `npm run build` first.");
  }
  execFileSync("go", ["build", "-o", "bin/microgrid", "./cmd/microgrid"], {
    cwd: new URL("../..", import.meta.url),
    stdio: "inherit",
  });
}
