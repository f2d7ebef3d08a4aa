import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./error";

/** How often a query that failed for the moment is asked again, until it succeeds. */
const again = 3_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The browser's idea of being online says nothing of a server on this machine or in this network.
      networkMode: "always",
      staleTime: 15_000,
      retry: false,
      refetchInterval: (query) => {
        if (!query.state.error) return false;
        const error = ApiError.of(query.state.error);
        return error.transient && Math.max(again, (error.retryAfter ?? 0) * 1000);
      },
    },
    mutations: { networkMode: "always" },
  },
});
