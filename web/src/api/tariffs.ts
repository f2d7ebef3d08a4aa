import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";

export type Tariff = Schemas["TariffView"];
export type TariffVersion = Schemas["TariffVersion"];

/** The tariffs that the caller may see, with all their versions. */
export function useTariffs() {
  return useQuery({
    queryKey: ["tariffs"],
    queryFn: async ({ signal }) => (await body(api.GET("/api/v1/tariffs", { signal }))).items,
  });
}
