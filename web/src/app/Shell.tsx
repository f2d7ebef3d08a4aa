import { Link, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";
import { useConnected } from "../api/connection";
import { useStations } from "../api/stations";
import { Icon } from "../components/Icon";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { LanguageSwitch, ThemeSwitch } from "./switches";
import { navigation, offered, setUp } from "./navigation";
import { StationField } from "./StationField";
import styles from "./Shell.module.css";
import { UserMenu } from "./UserMenu";

/** The frame of every page: where one is, of which station, and how to get elsewhere. */
export function Shell({ children }: { children: ReactNode }) {
  const t = useT();
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main" onClick={skipToMain}>
        {t("app.skip")}
      </a>
      <header className={styles.top}>
        <Link to="/" className={styles.brand} title={t("app.name")}>
          <img src={new URL("icon.svg", document.baseURI).href} alt="" width="24" height="24" />
          <span>{t("app.name")}</span>
        </Link>
        <StationField />
        <div className={styles.tools}>
          <LanguageSwitch />
          <ThemeSwitch />
          <UserMenu />
        </div>
      </header>
      <Navigation />
      <Main>{children}</Main>
    </div>
  );
}

function Main({ children }: { children: ReactNode }) {
  const path = useRouterState({ select: (s) => s.location.pathname });
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    // Who listens to the page hears that it is another one; who looks sees no ring.
    if (shown.current !== path) main.current?.focus({ preventScroll: true });
    shown.current = path;
  }, [path]);
  return (
    <main ref={main} id="main" className={styles.main} tabIndex={-1}>
      <Connection />
      {children}
    </main>
  );
}

function Navigation() {
  const t = useT();
  const stations = useStations().data?.length ?? 0;
  const { session } = useSession();
  const links = (all: typeof navigation) =>
    offered(all, session, stations).map((item) => (
      <li key={item.to}>
        <Link to={item.to} activeOptions={{ exact: item.to === "/", includeSearch: false }} className={styles.link}>
          <Icon name={item.icon} />
          <span>{t(item.label)}</span>
        </Link>
      </li>
    ));
  return (
    <nav className={styles.nav} aria-label={t("nav.label")}>
      <ul>
        {links(navigation)}
        <li className={styles.group}>
          <Link to="/set-up" activeOptions={{ includeSearch: false }} className={styles.link}>
            <Icon name="setup" />
            <span>{t("nav.setUp")}</span>
          </Link>
          <ul>{links(setUp)}</ul>
        </li>
      </ul>
    </nav>
  );
}

/** Says that the platform doesn't answer, on whichever page, for as long as that is so. */
function Connection() {
  const t = useT();
  const connected = useConnected();
  return (
    <div role="status" aria-live="polite">
      {!connected && (
        <p className={styles.away}>
          <Icon name="offline" size={18} />
          {t("app.away")}
        </p>
      )}
    </div>
  );
}

// The address of the fragment alone would be relative to the base element's.
function skipToMain(event: { preventDefault: () => void }) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
