import type { Page } from "@playwright/test";

export interface Picture {
  name: string;
  path: string;
  /** The page's heading, in either language. */
  ready: RegExp;
  signedOut?: boolean;
  /** What is done on the page before the picture is taken. */
  act?: (page: Page) => Promise<void>;
}

const station = "station=station-demo-001";
const weekTo = (day: string) => new Date(Date.parse(day) - 6 * 86_400_000).toISOString().slice(0, 10);
const click = (name: RegExp) => (page: Page) => page.getByRole("button", { name }).first().click();

/** Every page that a picture is taken of, some in several states. `again` is a day that was settled twice. */
export const pages = (again: string): Picture[] => [
  { name: "sign-in", path: "/", ready: /Microgrid Cloud|微电网云平台/, signedOut: true },
  { name: "overview", path: `/?${station}`, ready: /Overview|总览/ },
  { name: "fleet", path: "/fleet", ready: /Fleet|场站列表/ },
  { name: "statistics", path: `/statistics?${station}&granularity=hour`, ready: /Statistics|统计/ },
  {
    name: "statistics-compared",
    path: `/statistics?${station}&granularity=day&from=${weekTo(again)}&to=${again}&compare=before`,
    ready: /Statistics|统计/,
    act: (page) => page.getByRole("slider").first().press("End"),
  },
  { name: "settlements", path: `/settlements?${station}`, ready: /Settlements|结算/ },
  { name: "settlements-again", path: `/settlements?${station}&day=${again}`, ready: /Settlements|结算/ },
  { name: "set-up", path: "/set-up", ready: /Set-up|配置/ },
  { name: "stations", path: `/set-up/stations?${station}`, ready: /Stations & points|场站与测点/ },
  { name: "tariffs", path: `/set-up/tariffs?${station}`, ready: /Tariffs|电价/ },
  { name: "provisioning", path: `/set-up/provisioning?${station}`, ready: /Provisioning|配置文档/ },
  {
    name: "provisioning-refused",
    path: "/set-up/provisioning?start=example",
    ready: /Provisioning|配置文档/,
    act: async (page) => {
      const editor = page.getByRole("textbox");
      const text = await editor.inputValue();
      await editor.fill(text.replace('"unit": "W"', '"unit": "V"').replace("Asia/Shanghai", "Asia/Lingang"));
      await click(/^(Check|校验)$/)(page);
      await page.getByText(/2 mistakes|2 处错误/).waitFor();
    },
  },
  {
    name: "provisioning-checked",
    path: `/set-up/provisioning?${station}&map=Demo+heat+pump`,
    ready: /Provisioning|配置文档/,
    act: async (page) => {
      await click(/^(Check|校验)$/)(page);
      await page.getByRole("button", { name: /Apply these changes|应用这些变更/ }).waitFor();
    },
  },
  { name: "quarantine", path: "/set-up/quarantine", ready: /Quarantine|隔离区/ },
  { name: "operations", path: "/set-up/operations", ready: /Operations|运行状态/ },
];
