import type { LinkProps } from "@tanstack/react-router";
import type { IconName } from "../components/Icon";
import type { TextKey } from "../i18n";
import type { Role, Session } from "../session/session";

interface Destination {
  to: NonNullable<LinkProps["to"]>;
  label: TextKey;
  icon: IconName;
  /** Only where there are several stations. */
  several?: boolean;
  /** Only for these roles: others would be refused. */
  roles?: Role[];
  /** Only for tokens that aren't limited to some stations. */
  whole?: boolean;
}

/** Where the navigation leads to, in its order. */
export const navigation: Destination[] = [
  { to: "/", label: "nav.overview", icon: "overview" },
  { to: "/fleet", label: "nav.fleet", icon: "fleet", several: true },
  { to: "/statistics", label: "nav.statistics", icon: "statistics" },
  { to: "/settlements", label: "nav.settlements", icon: "settlements" },
];

/** The pages of the set-up, below /set-up. */
export const setUp: Destination[] = [
  { to: "/set-up/stations", label: "nav.stations", icon: "station" },
  { to: "/set-up/tariffs", label: "nav.tariffs", icon: "tariff" },
  { to: "/set-up/provisioning", label: "nav.provisioning", icon: "document", roles: ["admin"] },
  { to: "/set-up/quarantine", label: "nav.quarantine", icon: "quarantine", roles: ["admin", "operator"], whole: true },
  { to: "/set-up/operations", label: "nav.operations", icon: "operations" },
];

/** Those that lead somewhere for whoever is signed in. */
export function offered(all: Destination[], session: Session | null, stations: number): Destination[] {
  return all.filter(
    ({ several, roles, whole }) =>
      (!several || stations > 1) &&
      (!roles || (session && roles.includes(session.role))) &&
      (!whole || session?.stations === null),
  );
}
