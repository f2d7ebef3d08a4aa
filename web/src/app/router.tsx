import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
  stringifySearchWith,
} from "@tanstack/react-router";
import { App } from "./App";
import { NotFound } from "./NotFound";
import { PageError } from "./PageError";
import { Stopped } from "./Stopped";
import { chunk } from "../components/chunk";
import { granularities } from "../api/statistics";
import { localDay, oneOf, rootSearch, text } from "./search";

const root = createRootRouteWithContext<{ code: string | undefined }>()({
  component: App,
  notFoundComponent: NotFound,
  errorComponent: Stopped,
  validateSearch: rootSearch,
  search: { middlewares: [retainSearchParams(["station", "lang", "theme"])] },
});

/** A page is loaded when it is first shown, or about to be. */
function page<M extends object>(load: () => Promise<M>, name: keyof M & string) {
  return lazyRouteComponent(chunk(load), name);
}

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    component: page(() => import("../pages/overview/OverviewPage"), "OverviewPage"),
  }),
  // Where one-time links lead to; without a code it is a way in as any other.
  createRoute({
    getParentRoute: () => root,
    path: "/sign-in",
    beforeLoad: () => redirect({ to: "/", replace: true, throw: true }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/fleet",
    component: page(() => import("../pages/fleet/FleetPage"), "FleetPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/statistics",
    validateSearch: (s: Record<string, unknown>) => ({
      ...oneOf("granularity", s.granularity, granularities),
      ...localDay("from", s.from),
      ...localDay("to", s.to),
      ...oneOf("compare", s.compare, ["before", "yearBefore"] as const),
    }),
    component: page(() => import("../pages/statistics/StatisticsPage"), "StatisticsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settlements",
    validateSearch: (s: Record<string, unknown>) => ({ ...localDay("day", s.day) }),
    component: page(() => import("../pages/settlements/SettlementsPage"), "SettlementsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/set-up",
    component: page(() => import("../pages/setup/SetUpPage"), "SetUpPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/set-up/stations",
    component: page(() => import("../pages/stations/StationsPage"), "StationsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/set-up/tariffs",
    validateSearch: (s: Record<string, unknown>) => ({
      ...text("year", s.year),
      ...oneOf("direction", s.direction, ["import", "export"] as const),
    }),
    component: page(() => import("../pages/tariffs/TariffsPage"), "TariffsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/set-up/provisioning",
    validateSearch: (s: Record<string, unknown>) => ({
      ...oneOf("start", s.start, ["station", "example"] as const),
      ...text("map", s.map),
    }),
    component: page(() => import("../pages/provisioning/ProvisioningPage"), "ProvisioningPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/set-up/quarantine",
    validateSearch: (s: Record<string, unknown>) => text("device", s.device),
    component: page(() => import("../pages/quarantine/QuarantinePage"), "QuarantinePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/set-up/operations",
    component: page(() => import("../pages/operations/OperationsPage"), "OperationsPage"),
  }),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  context: { code: undefined },
  basepath: new URL(document.baseURI).pathname.replace(/\/$/, "") || "/",
  // Plain texts in the address, without quotes around what looks like a number.
  stringifySearch: stringifySearchWith(String),
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  defaultErrorComponent: PageError,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
