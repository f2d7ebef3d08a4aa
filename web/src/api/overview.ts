import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";
import { polled } from "./queries";

export type Overview = Schemas["Overview"];

/** A station's day so far, anew every half minute. */
export function useOverview(stationId: string) {
  const query = { station_id: stationId };
  return useQuery({
    queryKey: ["overview", stationId],
    queryFn: ({ signal }) => body(api.GET("/api/v1/overview", { params: { query }, signal })),
    ...polled(30_000),
  });
}
