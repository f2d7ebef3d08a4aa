import type { IconName } from "../components/Icon";

type Part = "grid" | "load" | "pv" | "battery" | "evse" | "genset" | "sensor";

const parts: Record<string, Part> = {
  grid_meter: "grid",
  load_meter: "load",
  pv_inverter: "pv",
  battery: "battery",
  evse: "evse",
  genset: "genset",
};

/** Which part of the site a kind of device measures, as its points and its drawing are named. */
export function partOf(kind: string): Part & IconName {
  return parts[kind] ?? "sensor";
}
