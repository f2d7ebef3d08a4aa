/** One place of a request that is wrong, as the API names it: "body.devices[0].kind", "query.from". */
export interface Problem {
  location: string;
  message: string;
}

export type ErrorKind = "offline" | "signedOut" | "denied" | "missing" | "refused" | "busy" | "failed";

/** Why a request had no usable answer, whoever gave it: the API, a proxy before it, or the network. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly kind: ErrorKind,
    /** The API's own sentence, in the language of the page; empty when there is none that helps. */
    readonly detail: string,
    readonly status = 0,
    readonly problems: Problem[] = [],
    /** Seconds that the server asks to wait. */
    readonly retryAfter?: number,
  ) {
    super(detail || `${kind} ${status}`);
  }

  /** Whether the same request may succeed soon without anybody doing anything. */
  get transient(): boolean {
    return this.kind === "offline" || this.kind === "busy" || this.kind === "failed";
  }

  static of(error: unknown): ApiError {
    if (error instanceof ApiError) return error;
    return new ApiError("failed", ""); // a bug's own words tell its author more than who reads the page
  }

  static async fromResponse(response: Response): Promise<ApiError> {
    const wait = retryAfter(response.headers.get("Retry-After"));
    const body: unknown = isJson(response) ? await response.json().catch(() => undefined) : undefined;
    const problem = asProblem(body);
    return new ApiError(kindOf(response.status), problem.detail, response.status, problem.errors, wait);
  }
}

export function isJson(response: Response): boolean {
  return /^application\/(.+\+)?json\b/i.test(response.headers.get("Content-Type") ?? "");
}

export function isCsv(response: Response): boolean {
  return /^text\/csv\b/i.test(response.headers.get("Content-Type") ?? "");
}

/** What is wrong at each place of a form, by location without the leading "body.". */
export function problemsByField(error: ApiError): Map<string, string> {
  return new Map(error.problems.map((p) => [p.location.replace(/^body\.?/, ""), p.message]));
}

function kindOf(status: number): ErrorKind {
  switch (status) {
    case 401:
      return "signedOut";
    case 403:
      return "denied";
    case 404:
      return "missing";
    case 429:
    case 502:
    case 503:
    case 504:
      return "busy";
  }
  return status >= 500 ? "failed" : "refused";
}

function asProblem(body: unknown): { detail: string; errors: Problem[] } {
  const none = { detail: "", errors: [] };
  if (typeof body !== "object" || body === null) return none;
  const { detail, title, errors } = body as Record<string, unknown>;
  return {
    detail: typeof detail === "string" ? detail : typeof title === "string" ? title : "",
    errors: Array.isArray(errors) ? errors.filter(isProblem) : [],
  };
}

function isProblem(e: unknown): e is Problem {
  return typeof e === "object" && e !== null && "location" in e && "message" in e;
}

/** Seconds of a Retry-After header, which may also be a date. */
export function retryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 60) : undefined;
}
