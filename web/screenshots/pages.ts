/** Every page that a picture is taken of. */
export const pages: { name: string; path: string; ready: RegExp; signedOut?: true }[] = [
  { name: "sign-in", path: "/", ready: /Microgrid Cloud|微电网云平台/, signedOut: true },
  { name: "overview", path: "/?station=station-demo-001", ready: /Overview|总览/ },
  { name: "fleet", path: "/fleet", ready: /Fleet|场站列表/ },
  { name: "statistics", path: "/statistics?station=station-demo-001&granularity=quarter", ready: /Statistics|统计/ },
  { name: "settlements", path: "/settlements?station=station-demo-001", ready: /Settlements|结算/ },
];
