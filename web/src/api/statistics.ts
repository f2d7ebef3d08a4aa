import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";
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
    queryFn: async ({ signal }) => {
      const items: StatisticsWindow[] = [];
      let cursor: string | undefined;
      do {
        const query = { station_id: stationId, granularity, ...range, limit: "1000", ...(cursor && { cursor }) };
        const page = await body(api.GET("/api/v1/stats", { params: { query }, signal }));
        items.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor);
      return items;
    },
    ...(every && polled(every)),
    enabled,
  });
}
