import type { IconName } from "../components/Icon";

/** The pages that the navigation leads to, in its order. */
export const navigation = [
  { to: "/", label: "nav.overview", icon: "overview", severalStations: false, staff: false },
  { to: "/fleet", label: "nav.fleet", icon: "fleet", severalStations: true, staff: false },
] as const satisfies { to: string; label: string; icon: IconName; severalStations: boolean; staff: boolean }[];
