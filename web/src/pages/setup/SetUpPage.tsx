import { Link } from "@tanstack/react-router";
import { offered, setUp } from "../../app/navigation";
import { Page } from "../../app/StationPage";
import { useStations } from "../../api/stations";
import { Icon } from "../../components/Icon";
import { useT, type TextKey } from "../../i18n";
import { useSession } from "../../session/session";
import styles from "./SetUpPage.module.css";

const about: Record<string, TextKey> = {
  "/set-up/stations": "setup.stations",
  "/set-up/tariffs": "setup.tariffs",
  "/set-up/provisioning": "setup.provisioning",
  "/set-up/quarantine": "setup.quarantine",
  "/set-up/operations": "setup.operations",
};

/** What can be set up and looked after: on a phone the way to those pages. */
export function SetUpPage() {
  const t = useT();
  const { session } = useSession();
  const stations = useStations().data?.length ?? 0;
  return (
    <Page title={t("setup.title")}>
      <ul className={styles.list}>
        {offered(setUp, session, stations).map(({ to, label, icon }) => (
          <li key={to}>
            <Link to={to} className={styles.link}>
              <Icon name={icon} size={24} />
              <span>
                <b>{t(label)}</b>
                <span className={styles.about}>{about[to] && t(about[to])}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  );
}
