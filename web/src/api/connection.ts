import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { api, body } from "./client";
import { ApiError } from "./error";
import { polled, queryClient } from "./queries";

/**
 * Whether the platform answers what this page asks; a stream tells of an interruption before any query does. A page may
 * ask for nothing for long: who is signed in is asked every ten seconds, which tells of a refused token, too.
 */
export function useConnected(): boolean {
  useQuery({
    queryKey: ["me"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/me", { signal })),
    ...polled(10_000),
  });
  return useSyncExternalStore(subscribe, () => !interrupted && !queryClient.getQueryCache().getAll().some(unanswered));
}

let interrupted = false;
const listeners = new Set<() => void>();

/** Says how a stream fares. When it is back, whatever was shown meanwhile is asked for again. */
export function streamInterrupted(now: boolean): void {
  if (interrupted === now) return;
  interrupted = now;
  if (!now) void queryClient.invalidateQueries();
  for (const listener of listeners) listener();
}

function unanswered(query: { isActive: () => boolean; state: { error: unknown } }): boolean {
  const { error } = query.state;
  return query.isActive() && error instanceof ApiError && (error.kind === "offline" || error.kind === "busy");
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const unsubscribe = queryClient.getQueryCache().subscribe(listener);
  return () => {
    listeners.delete(listener);
    unsubscribe();
  };
}
