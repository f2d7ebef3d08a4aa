import type { IconName } from "../components/Icon";

const icons: Record<string, IconName> = {
  grid_meter: "grid",
  load_meter: "load",
  pv_inverter: "pv",
  battery: "battery",
  evse: "evse",
  genset: "genset",
  sensor: "sensor",
};

/** The drawing that stands for a kind of device. */
export function deviceIcon(kind: string): IconName {
  return icons[kind] ?? "sensor";
}
