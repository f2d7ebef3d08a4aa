import type { LinkProps } from "@tanstack/react-router";
import type { IconName } from "../components/Icon";
import type { TextKey } from "../i18n";
import type { Role } from "../session/session";

interface Destination {
  to: NonNullable<LinkProps["to"]>;
  label: TextKey;
  icon: IconName;
  /** Only where there are several stations. */
  several?: boolean;
  /** Only for these roles: others would be refused. */
  roles?: Role[];
}

/** Where the navigation leads to, in its order. */
export const navigation: Destination[] = [
  { to: "/", label: "nav.overview", icon: "overview" },
  { to: "/fleet", label: "nav.fleet", icon: "fleet", several: true },
  { to: "/statistics", label: "nav.statistics", icon: "statistics" },
  { to: "/settlements", label: "nav.settlements", icon: "settlements" },
];
