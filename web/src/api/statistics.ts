import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";

export type StatisticsWindow = Schemas["Window"];
export type Granularity = "quarter" | "hour" | "day" | "month" | "year";

/**
 * The closed windows of a station that overlap [from, to), in milliseconds, in order of time. Those of the range before
 * stay until another's are there.
 */
export function useStatistics(stationId: string, granularity: Granularity, from: number, to: number) {
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
    enabled: from < to,
    placeholderData: keepPreviousData,
  });
}
