import { parse, TYPE, type MessageFormatElement } from "@formatjs/icu-messageformat-parser";
import { describe, expect, it } from "vitest";
import en from "./en.json?raw";
import zh from "./zh-CN.json?raw";

const sources = Object.entries(
  import.meta.glob<string>("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true }),
)
  .filter(([path]) => !path.endsWith(".test.ts") && !path.endsWith(".d.ts"))
  .map(([, text]) => text)
  .join("\n");

const english = flat(JSON.parse(en) as object);
const chinese = flat(JSON.parse(zh) as object);

describe("texts", () => {
  it("are the same in both languages", () => {
    expect([...chinese.keys()]).toEqual([...english.keys()]);
  });

  it("take the same arguments in both languages", () => {
    for (const [key, text] of english) expect(argumentsOf(chinese.get(key) ?? ""), key).toEqual(argumentsOf(text));
  });

  it("stand in order, so that branches merge", () => {
    expect([...english.keys()]).toEqual([...english.keys()].sort(byPart));
  });

  it("are all used", () => {
    // A template with a constant beginning uses all that begins so: t(`user.roles.${role}`); components/Named has names.
    const prefixes = [...sources.matchAll(/`([a-z][\w.]*\.)\$\{|names="([\w.]+)"/gi)].map((m) => m[1] ?? `${m[2]}.`);
    const unused = [...english.keys()].filter(
      (key) => !sources.includes(`"${key}"`) && !prefixes.some((p) => key.startsWith(p)),
    );
    expect(unused).toEqual([]);
  });

  it("are words of their language, not the other's", () => {
    const same = [...english].filter(([key, text]) => /[a-z]{3}/i.test(text) && chinese.get(key) === text);
    expect(same.map(([key]) => key)).toEqual([]);
  });
});

function flat(messages: object, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(messages).flatMap(([name, value]: [string, string | object]) =>
      typeof value === "string" ? [[prefix + name, value] as const] : [...flat(value, `${prefix}${name}.`)],
    ),
  );
}

function argumentsOf(message: string): string[] {
  const names = new Set<string>();
  const walk = (elements: MessageFormatElement[]) => {
    for (const e of elements) {
      if (e.type !== TYPE.literal && e.type !== TYPE.pound) names.add(e.value);
      if (e.type === TYPE.tag) walk(e.children);
      if (e.type === TYPE.plural || e.type === TYPE.select) for (const o of Object.values(e.options)) walk(o.value);
    }
  };
  walk(parse(message));
  return [...names].sort();
}

function byPart(a: string, b: string): number {
  const [x, y] = [a.split("."), b.split(".")];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const [p = "", q = ""] = [x[i], y[i]];
    if (p !== q) return p < q ? -1 : 1;
  }
  return x.length - y.length;
}
