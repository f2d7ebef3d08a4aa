import { useMutation } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";
import { refresh } from "./queries";

/** An event that a document would make. */
export type Change = Schemas["Change"];

// The document goes as it was written: what is wrong with it is told by its own lines.
const asWritten = (text: string) => ({
  body: text as unknown as Record<string, never>,
  bodySerializer: (written: unknown) => written as string,
  headers: { "Content-Type": "application/json" },
});

/** What a document would change; nothing is changed. */
export function usePreview() {
  return useMutation({
    mutationFn: async (text: string) =>
      (await body(api.POST("/api/v1/provisioning/stations/preview", asWritten(text)))).items,
  });
}

/** Makes a station what a document says. */
export function useProvision() {
  return useMutation({
    mutationFn: (text: string) => body(api.POST("/api/v1/provisioning/stations", asWritten(text))),
    onSuccess: refresh,
  });
}
