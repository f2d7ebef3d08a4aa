// Writes src/api/schema.d.ts from the OpenAPI document of the platform beside it; --check only says whether it is stale.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const file = new URL("../src/api/schema.d.ts", import.meta.url);
const document = execFileSync("go", ["run", "./cmd/microgrid", "openapi"], {
  cwd: new URL("../..", import.meta.url),
  encoding: "utf8",
  maxBuffer: 16 << 20,
  stdio: ["ignore", "pipe", "inherit"],
});
const types =
  "// Made from /openapi.json by `npm run types`; not to be edited.\n\n" +
  astToString(await openapiTS(JSON.parse(document), { alphabetize: true }));

if (!process.argv.includes("--check")) {
  writeFileSync(file, types);
} else if (readFileSync(file, "utf8") !== types) {
  console.error("src/api/schema.d.ts is older than the API. Run `npm run types` and commit it.");
  process.exit(1);
}
