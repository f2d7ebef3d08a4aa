import { useMutation, useQuery } from "@tanstack/react-query";
import { token } from "../session/session";
import { api, apiUrl, body, type Schemas } from "./client";
import { ApiError } from "./error";
import { polled, queryClient } from "./queries";

export type Settlement = Schemas["Settlement"];

/** The settlements of a station's local days, both included: the latest version of each, or all. */
export function useSettlements(stationId: string, from: string, to: string, version?: "all") {
  return useQuery({
    queryKey: ["settlements", stationId, from, to, version],
    queryFn: async ({ signal }) => {
      const items: Settlement[] = [];
      let cursor: string | undefined;
      do {
        const query = {
          station_id: stationId,
          from,
          to,
          limit: "1000",
          ...(version && { version }),
          ...(cursor && { cursor }),
        };
        const page = await body(api.GET("/api/v1/settlements", { params: { query }, signal }));
        items.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor);
      return items;
    },
    ...polled(60_000),
  });
}

/** The days' settlements as a file for spreadsheets. */
export async function settlementsCsv(stationId: string, from: string, to: string): Promise<Blob> {
  const query = new URLSearchParams({ station_id: stationId, from, to, bom: "true" });
  const response = await fetch(apiUrl(`/api/v1/exports/settlements.csv?${query}`), {
    headers: { Authorization: `Bearer ${token()}` },
  }).catch(() => {
    throw new ApiError("offline", "");
  });
  if (!response.ok) throw await ApiError.fromResponse(response);
  return response.blob();
}

/** Closes the windows of [from, to), in milliseconds, that aren't closed yet. */
export function useCloseWindows(stationId: string) {
  return useMutation({
    mutationFn: ({ from, to }: { from: number; to: number }) =>
      body(
        api.POST("/analytics/window-close", {
          body: { stationId, windowStart: new Date(from).toISOString(), windowEnd: new Date(to).toISOString() },
        }),
      ),
    // The numbers follow in a moment.
    onSuccess: () => {
      for (const wait of [500, 2_000]) setTimeout(() => void queryClient.invalidateQueries(), wait);
    },
  });
}
