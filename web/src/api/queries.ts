import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./error";

/** How often a query that failed for the moment is asked again, until it succeeds. */
const again = 3_000;

/** For what changes by itself: asked again every so often, and sooner while it fails. */
export function polled(every: number) {
  return { refetchInterval: (query: FailedQuery) => whileFailing(query) || every };
}

interface FailedQuery {
  state: { error: Error | null };
}

function whileFailing({ state }: FailedQuery): number | false {
  if (!state.error) return false;
  const error = ApiError.of(state.error);
  return error.transient && Math.max(again, (error.retryAfter ?? 0) * 1000);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The browser's idea of being online says nothing of a server on this machine or in this network.
      networkMode: "always",
      staleTime: 15_000,
      retry: false,
      refetchInterval: whileFailing,
    },
    mutations: { networkMode: "always" },
  },
});

/** Asks for everything anew after something was changed; again, since read models follow a moment later. */
export async function refresh(): Promise<void> {
  for (const wait of [1_000, 2_500]) setTimeout(() => void queryClient.invalidateQueries(), wait);
  await queryClient.invalidateQueries();
}
