import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const running = new Set<ChildProcess>();
// Also where a test fails before it stops its platform.
process.on("exit", () => running.forEach((child) => child.kill("SIGTERM")));

const binary = fileURLToPath(new URL("../../bin/microgrid", import.meta.url));

/** A platform of its own: the real binary with everything embedded, in a new folder and on a free port. */
export class Platform {
  private process: ChildProcess | undefined;
  private log = "";

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly command: string[],
    private readonly env: Record<string, string>,
  ) {}

  /** Starts `microgrid serve`, or `microgrid demo` with its stations and their history. */
  static async start(command: string[] = ["serve"], env: Record<string, string> = {}): Promise<Platform> {
    const platform = new Platform(mkdtempSync(join(tmpdir(), "microgrid-e2e-")), await freePort(), command, env);
    await platform.run();
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the process again, after stop or kill, on the same data. */
  async run(): Promise<void> {
    this.log = "";
    const child = spawn(binary, [...this.command, ...this.flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...this.env },
    });
    child.stdout.on("data", (text: Buffer) => (this.log += text.toString()));
    child.stderr.on("data", (text: Buffer) => (this.log += text.toString()));
    this.process = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    await this.until("it is ready", async () => {
      if (child.exitCode !== null) throw new Error(`microgrid ended with ${child.exitCode}:\n${this.log}`);
      return (await fetch(`${this.url}/readyz`)).ok;
    });
  }

  /** The one-time link that `microgrid demo` prints when its history is there. */
  async link(): Promise<string> {
    await this.until("the link is printed", () => /http\S+#code=\w+/.test(this.log));
    return /http\S+#code=\w+/.exec(this.log)?.[0] ?? "";
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.kill(signal);
    });
  }

  async stop(): Promise<void> {
    await this.kill("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  token(flags: { role?: string; stations?: string; valid?: string; subject?: string } = {}): string {
    const given = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    return execFileSync(binary, ["token", ...this.flags, ...given], { encoding: "utf8" }).trim();
  }

  /** Calls the API as an administrator; the answer's body. */
  async call<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.token()}`, "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** Sends telemetry through the webhook, as ThingsBoard does. */
  async send(...messages: { deviceName: string; ts: number; values: Record<string, unknown> }[]): Promise<void> {
    const body = JSON.stringify(messages);
    const timestamp = Math.floor(Date.now() / 1000).toString();
    const signature = createHmac("sha256", "dev-ingest-secret").update(`${timestamp}.${body}`).digest("hex");
    const response = await fetch(`${this.url}/ingest/thingsboard/telemetry`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-Tenant-Id": "tenant-demo",
        "X-Timestamp": timestamp,
        "X-Signature": `sha256=${signature}`,
      },
      body,
    });
    if (response.status !== 202) throw new Error(`the webhook answered ${response.status}: ${await response.text()}`);
  }

  /** Does something to the read models by hand, in the PostgreSQL that the platform runs. */
  sql(statement: string): void {
    const database = [
      "--host",
      join(this.folder, "postgres", "run"),
      "--username",
      "microgrid",
      "--dbname",
      "microgrid",
    ];
    const flags = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", statement];
    // Some systems keep it with the server, out of the path.
    const versions = "/usr/lib/postgresql";
    const folders = existsSync(versions) ? readdirSync(versions).map((version) => `${versions}/${version}/bin`) : [];
    const env = { ...process.env, PATH: [process.env.PATH, ...folders].join(":") };
    execFileSync("psql", [...database, ...flags], { env });
  }

  async until(what: string, holds: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const held = await Promise.resolve()
        .then(holds)
        .catch((e: unknown) => {
          if (e instanceof TypeError) return false; // nothing listens yet
          throw e;
        });
      if (held) return;
      if (Date.now() > end) throw new Error(`after ${seconds} s still not so: ${what}\n${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private get flags(): string[] {
    return ["--data-dir", this.folder, "--listen", `127.0.0.1:${this.port}`];
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
