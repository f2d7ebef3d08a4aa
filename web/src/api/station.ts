import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";

export type Station = Schemas["Station"];
export type Device = Schemas["Device"];
export type Mapping = Schemas["Mapping"];

/** A station with its devices, their mappings and its tariffs, those of the past too. */
export function useStation(stationId: string, enabled = true) {
  return useQuery({
    queryKey: ["station", stationId],
    queryFn: ({ signal }) => body(api.GET("/api/v1/stations/{id}", { params: { path: { id: stationId } }, signal })),
    enabled,
  });
}
