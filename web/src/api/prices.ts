import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";

export type PriceStep = Schemas["PriceStep"];

/** The prices that hold for a station in [from, to), in milliseconds, step by step. */
export function usePrices(stationId: string, from: number, to: number, enabled = true) {
  const query = { station_id: stationId, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  return useQuery({
    queryKey: ["prices", query],
    queryFn: ({ signal }) => body(api.GET("/api/v1/prices", { params: { query }, signal })),
    staleTime: 5 * 60_000,
    enabled,
  });
}
