import { expire, token } from "../session/session";
import { ApiError } from "./error";
import { EventParser, type StreamEvent } from "./sse";

/** connecting: first, or again at once; waiting: the platform doesn't answer; ended: it refuses. */
export type StreamState = "connecting" | "live" | "waiting" | "ended";

interface Options {
  url: string;
  onEvent: (event: StreamEvent) => void;
  onState: (state: StreamState) => void;
  signal: AbortSignal;
}

// The server sends a comment every 15 s; after more than two of them are missing the connection is dead, whatever TCP thinks.
const silence = 35_000;
const backoff = { first: 500, most: 15_000 };

/**
 * Reads a stream of the API until the signal aborts, and goes on after an interruption with the event after the last
 * one. EventSource would do most of this, but can't send an Authorization header.
 */
export async function readStream(options: Options): Promise<void> {
  const { onState, signal } = options;
  const ended = () => signal.aborted;
  let lastId = "";
  let failures = 0;
  onState("connecting");
  while (!ended()) {
    const parser = new EventParser(lastId);
    let wait = 0;
    try {
      await connect(options, parser, () => {
        failures = 0;
        onState("live");
      });
      onState("connecting");
    } catch (e) {
      if (ended()) return;
      const error = ApiError.of(e);
      if (!error.transient) {
        onState("ended");
        return;
      }
      onState("waiting");
      wait = (error.retryAfter ?? 0) * 1000;
    }
    lastId = parser.lastId;
    await pause(wait + Math.min(backoff.first * 2 ** failures, backoff.most) * (0.5 + Math.random() / 2), signal);
    failures++;
  }
}

async function connect({ url, onEvent, signal }: Options, parser: EventParser, onOpen: () => void): Promise<void> {
  const abort = new AbortController();
  const stop = () => abort.abort();
  signal.addEventListener("abort", stop);
  let watchdog = setTimeout(stop, silence);
  try {
    const headers = new Headers({
      Accept: "text/event-stream",
      "Accept-Language": document.documentElement.lang,
      Authorization: `Bearer ${token() ?? ""}`,
    });
    if (parser.lastId) headers.set("Last-Event-ID", parser.lastId);
    const response = await fetch(url, { headers, signal: abort.signal, cache: "no-store" });
    if (!response.ok || !response.body) {
      const error = await ApiError.fromResponse(response);
      if (error.kind === "signedOut") expire(headers.get("Authorization"));
      throw error;
    }
    onOpen();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, silence);
      for (const event of parser.push(value)) onEvent(event);
    }
  } catch (e) {
    throw e instanceof ApiError ? e : new ApiError("offline", "");
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", stop);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    addEventListener("online", done); // the network is back: no need to wait
  });
}
