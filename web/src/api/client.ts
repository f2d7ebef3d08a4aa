import createClient, { type Middleware } from "openapi-fetch";
import { expire, token } from "../session/session";
import { ApiError, isCsv, isJson } from "./error";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** Resolves an address of the API beside the page, wherever a proxy has put both. */
export function apiUrl(path: string): string {
  return new URL(path.replace(/^\//, ""), document.baseURI).href;
}

/** Signs requests, asks for errors in the language of the page, and makes every answer that isn't the expected JSON or file an ApiError. */
const answers: Middleware = {
  onRequest({ request }) {
    const held = token();
    if (held && !request.headers.has("Authorization")) request.headers.set("Authorization", `Bearer ${held}`);
    request.headers.set("Accept-Language", document.documentElement.lang);
    return request;
  },
  async onResponse({ request, response, options }) {
    if (response.ok) {
      // A proxy's own page comes with 200, too.
      const expected = options.parseAs === "blob" ? isCsv(response) : isJson(response);
      if (!expected && response.status !== 204) throw new ApiError("failed", "", response.status);
      return;
    }
    const error = await ApiError.fromResponse(response);
    if (error.kind === "signedOut") expire(request.headers.get("Authorization"));
    throw error;
  },
  onError: ({ error }) =>
    error instanceof DOMException && error.name === "AbortError" ? undefined : new ApiError("offline", ""),
};

export const api = createClient<paths>({
  baseUrl: typeof document === "undefined" ? "" : document.baseURI.replace(/\/$/, ""),
});
api.use(answers);

/** The body of an answer; refusals have been thrown by then. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<NonNullable<T>> {
  const { data } = await answer;
  if (data === undefined || data === null) throw new ApiError("failed", "");
  return data;
}

/** Items that the API gives at most in one answer. */
export const most = 1000;

/** All items of a list that comes in pages; `page` asks for the one that a cursor leads to. */
export async function allPages<T>(
  page: (at: { limit: string; cursor?: string }) => Promise<{ items: T[]; next: string | null }>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const got: { items: T[]; next: string | null } = await page({ limit: String(most), ...(cursor && { cursor }) });
    items.push(...got.items);
    cursor = got.next;
  } while (cursor);
  return items;
}
