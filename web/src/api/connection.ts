import { useSyncExternalStore } from "react";
import { ApiError } from "./error";
import { queryClient } from "./queries";

/** Whether the platform answers what this page asks; a stream tells of an interruption before any query does. */
export function useConnected(): boolean {
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
