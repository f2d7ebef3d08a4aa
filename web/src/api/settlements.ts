import { useMutation, useQuery } from "@tanstack/react-query";
import { allPages, api, body, type Schemas } from "./client";
import { polled, refresh } from "./queries";

export type Settlement = Schemas["Settlement"];

/** The settlements of a station's local days, both included: the latest version of each, or all. */
export function useSettlements(stationId: string, from: string, to: string, version?: "all") {
  return useQuery({
    queryKey: ["settlements", stationId, from, to, version],
    queryFn: ({ signal }) =>
      allPages((at) =>
        body(
          api.GET("/api/v1/settlements", {
            params: { query: { station_id: stationId, from, to, ...(version && { version }), ...at } },
            signal,
          }),
        ),
      ),
    ...polled(60_000),
  });
}

/** The days' settlements as a file for spreadsheets. */
export function settlementsCsv(stationId: string, from: string, to: string): Promise<Blob> {
  const query = { station_id: stationId, from, to, bom: "true" };
  return body(api.GET("/api/v1/exports/settlements.csv", { params: { query }, parseAs: "blob" }));
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
    onSuccess: refresh,
  });
}
