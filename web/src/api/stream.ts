import { expire, token } from "../session/session";
import { ApiError } from "./error";
import { eventParser, type StreamEvent } from "./sse";

export type StreamState = "connecting" | "live" | "waiting" | "ended";

interface Options {
  url: string;
  onEvent: (event: StreamEvent) => void;
  onState: (state: StreamState) => void;
  signal: AbortSignal;
}

// The server sends a comment every 15 s; twice that without a byte and the connection is dead, whatever TCP thinks.
const silence = 35_000;
const backoff = { first: 500, most: 15_000 };

/**
 * Reads a stream of the API until the signal aborts, and goes on after an interruption with the event after the last
 * one. EventSource would do most of this, but can't send an Authorization header.
 */
export async function readStream({ url, onEvent, onState, signal }: Options): Promise<void> {
  let last = "";
  let failures = 0;
  const ended = () => signal.aborted;
  while (!ended()) {
    if (failures === 0) onState("connecting");
    try {
      await connect(url, last, signal, {
        onOpen: () => {
          failures = 0;
          onState("live");
        },
        onEvent: (event) => {
          last = event.id;
          onEvent(event);
        },
      });
    } catch (e) {
      const error = ApiError.of(e);
      if (ended()) return;
      if (!error.transient) {
        onState("ended");
        return;
      }
      if (error.retryAfter) await pause(error.retryAfter * 1000, signal);
    }
    onState("waiting");
    await pause(Math.min(backoff.first * 2 ** failures, backoff.most) * (0.5 + Math.random() / 2), signal);
    failures++;
  }
}

async function connect(
  url: string,
  last: string,
  signal: AbortSignal,
  { onOpen, onEvent }: { onOpen: () => void; onEvent: (event: StreamEvent) => void },
): Promise<void> {
  const abort = new AbortController();
  const stop = () => abort.abort();
  signal.addEventListener("abort", stop);
  let watchdog = setTimeout(stop, silence);
  try {
    const authorization = `Bearer ${token() ?? ""}`;
    const response = await fetch(url, {
      headers: { Accept: "text/event-stream", Authorization: authorization, ...(last && { "Last-Event-ID": last }) },
      signal: abort.signal,
      cache: "no-store",
    });
    if (!response.ok || !response.body) {
      const error = await ApiError.fromResponse(response);
      if (error.kind === "signedOut") expire(authorization);
      throw error;
    }
    onOpen();
    const parse = eventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, silence);
      for (const event of parse(value)) onEvent(event);
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
