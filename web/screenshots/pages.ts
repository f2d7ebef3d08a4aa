/** Every page that a picture is taken of. */
export const pages: { name: string; path: string; ready: RegExp; signedOut?: true }[] = [
  { name: "sign-in", path: "/", ready: /Microgrid Cloud|微电网云平台/, signedOut: true },
  { name: "overview", path: "/?station=station-demo-001", ready: /Overview|总览/ },
  { name: "fleet", path: "/fleet", ready: /Fleet|场站列表/ },
  { name: "statistics", path: "/statistics?station=station-demo-001&granularity=hour", ready: /Statistics|统计/ },
  { name: "settlements", path: "/settlements?station=station-demo-001", ready: /Settlements|结算/ },
  { name: "set-up", path: "/set-up", ready: /Set-up|配置/ },
  { name: "stations", path: "/set-up/stations?station=station-demo-001", ready: /Stations & points|场站与测点/ },
  { name: "tariffs", path: "/set-up/tariffs?station=station-demo-001", ready: /Tariffs|电价/ },
  { name: "provisioning", path: "/set-up/provisioning?station=station-demo-001", ready: /Provisioning|配置文档/ },
  { name: "quarantine", path: "/set-up/quarantine", ready: /Quarantine|隔离区/ },
  { name: "operations", path: "/set-up/operations", ready: /Operations|运行状态/ },
];
