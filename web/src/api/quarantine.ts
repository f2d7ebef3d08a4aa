import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { api, body, most, type Schemas } from "./client";
import { polled, refresh } from "./queries";

export type QuarantinedDevice = Schemas["QuarantinedDevice"];
export type QuarantinedMessage = Schemas["Quarantined"];

/** The devices with messages that can't be used, the latest first. */
export function useQuarantine(enabled = true) {
  return useQuery({
    queryKey: ["quarantine", "devices"],
    queryFn: async ({ signal }) => {
      const params = { query: { limit: String(most) } };
      return (await body(api.GET("/api/v1/quarantine/devices", { params, signal }))).items;
    },
    ...polled(15_000),
    enabled,
  });
}

/** Those messages of a device, a page at a time. */
export function useQuarantined(deviceName: string) {
  return useInfiniteQuery({
    queryKey: ["quarantine", "messages", deviceName],
    queryFn: ({ pageParam, signal }) => {
      const query = { device_name: deviceName, limit: "100", ...(pageParam && { cursor: pageParam }) };
      return body(api.GET("/api/v1/quarantine", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Takes in what can be used now, of a device or of all. */
export function useReplayQuarantine() {
  return useMutation({
    mutationFn: (deviceName: string) =>
      body(api.POST("/api/v1/quarantine/replay", { body: deviceName ? { deviceName } : {} })),
    onSettled: refresh,
  });
}
