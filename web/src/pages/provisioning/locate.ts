/** A stretch of a document, in characters. */
export interface Span {
  from: number;
  to: number;
}

/**
 * Finds the places of problems in a JSON document that need not be whole: the value at a path such as
 * devices[0].points[1].unit, or the nearest around it where there is none; "line 3" is that line.
 */
export function locator(text: string): (location: string) => Span {
  const spans = spansOf(text);
  return (location) => {
    const line = /^line (\d+)$/.exec(location)?.[1];
    if (line) return lineSpan(text, Number(line));
    for (let path = location; path !== ""; path = parent(path)) {
      const span = spans.get(path);
      if (span) return span;
    }
    return lineSpan(text, 1);
  };
}

/** The line that a character is in, from 1. */
export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < at; i = text.indexOf("\n", i + 1)) line++;
  return line;
}

function lineSpan(text: string, line: number): Span {
  let from = 0;
  for (let i = 1; i < line; i++) {
    const end = text.indexOf("\n", from);
    if (end < 0) break;
    from = end + 1;
  }
  const end = text.indexOf("\n", from);
  return { from, to: end < 0 ? text.length : end };
}

/** devices[0].kind is in devices[0], which is in devices. */
function parent(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("."), path.lastIndexOf("["), 0));
}

/** Where each path's value stands; of an object or array the key before it, which is what a reader looks for. */
function spansOf(text: string): Map<string, Span> {
  const spans = new Map<string, Span>();
  const token = /\s*(?:([{}[\]:,])|("(?:[^"\\\n]|\\.)*")|([^\s{}[\]:,"]+))/y;
  let taken = 0;
  const next = () => {
    token.lastIndex = taken;
    const match = token.exec(text);
    if (!match) return undefined;
    taken = token.lastIndex;
    return { text: match[0].trimStart(), from: taken - match[0].trimStart().length, to: taken };
  };
  // Iterative, so that no depth of a document is too much.
  const open: { path: string; index: number; key?: Span }[] = [];
  for (let t = next(); t; t = next()) {
    const at = open.at(-1);
    if (t.text === "}" || t.text === "]") {
      open.pop();
      continue;
    }
    if (t.text === "," || t.text === ":") {
      if (t.text === "," && at) {
        if (at.index >= 0) at.index++;
        delete at.key;
      }
      continue;
    }
    if (at && at.index < 0 && !at.key) {
      at.key = t;
      continue;
    }
    const path = !at ? "" : at.index >= 0 ? `${at.path}[${at.index}]` : join(at.path, name(text, at.key));
    const container = t.text === "{" || t.text === "[";
    if (path !== "" && !spans.has(path)) spans.set(path, container && at?.key ? at.key : { from: t.from, to: t.to });
    if (container) open.push({ path, index: t.text === "[" ? 0 : -1 });
  }
  return spans;
}

function name(text: string, key: Span | undefined): string {
  if (!key) return "";
  try {
    return String(JSON.parse(text.slice(key.from, key.to)));
  } catch {
    return "";
  }
}

function join(path: string, field: string): string {
  return path === "" ? field : `${path}.${field}`;
}
