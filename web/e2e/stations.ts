import type { Platform } from "./platform";

/** A small site: grid meter and PV inverter, telling W and kWh, with prices of the day's periods. */
export function site(stationId: string, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    stationId,
    name: `Site ${stationId}`,
    timezone: "Asia/Shanghai",
    currency: "CNY",
    ratings: { gridKw: 50, pvKw: 30 },
    devices: [
      {
        deviceId: `${stationId}-grid`,
        kind: "grid_meter",
        thingsboard: { deviceName: `${stationId} grid` },
        points: [{ key: "power_w", semantic: "grid.active_power", unit: "W" }],
      },
      {
        deviceId: `${stationId}-pv`,
        kind: "pv_inverter",
        thingsboard: { deviceName: `${stationId} pv` },
        points: [{ key: "power_w", semantic: "pv.active_power", unit: "W" }],
      },
    ],
    tariff: {
      tariffId: `tariff-${stationId}`,
      validFrom: "2024-01-01",
      import: {
        kind: "tou",
        periods: [
          { name: "peak", price: "1.2345", rules: [{ times: ["08:00-22:00"] }] },
          { name: "valley", price: "0.3210", rules: [{ times: ["22:00-08:00"] }] },
        ],
      },
      export: { kind: "fixed", price: "0.4000" },
    },
    ...change,
  };
}

export async function provision(platform: Platform, document: Record<string, unknown>): Promise<void> {
  await platform.call("POST", "/api/v1/provisioning/stations", document);
}
