import { useQuery } from "@tanstack/react-query";
import { allPages, api, body, type Schemas } from "./client";
import { polled } from "./queries";

export type StatisticsWindow = Schemas["Window"];
export const granularities = ["quarter", "hour", "day", "month", "year"] as const;
export type Granularity = (typeof granularities)[number];

/** The closed windows of a station that overlap [from, to), in milliseconds, in order of time; anew every so often. */
export function useStatistics(
  stationId: string,
  granularity: Granularity,
  from: number,
  to: number,
  every?: number,
  enabled = true,
) {
  const range = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  return useQuery({
    queryKey: ["statistics", stationId, granularity, range],
    queryFn: ({ signal }) =>
      allPages((at) =>
        body(
          api.GET("/api/v1/stats", {
            params: { query: { station_id: stationId, granularity, ...range, ...at } },
            signal,
          }),
        ),
      ),
    ...(every && polled(every)),
    enabled,
  });
}
