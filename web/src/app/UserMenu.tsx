import { Button as AriaButton } from "react-aria-components/Button";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Popover } from "react-aria-components/Popover";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { useT } from "../i18n";
import { signOut, useSession } from "../session/session";
import styles from "./UserMenu.module.css";

/** Who is signed in, as what, and the way out. */
export function UserMenu() {
  const t = useT();
  const { session } = useSession();
  if (!session) return null;
  return (
    <DialogTrigger>
      <AriaButton className={styles.trigger} aria-label={t("user.label", { subject: session.subject })}>
        <Icon name="user" />
      </AriaButton>
      <Popover className={styles.popover} placement="bottom end">
        <Dialog className={styles.dialog} aria-label={t("user.label", { subject: session.subject })}>
          <dl className={styles.facts}>
            <dt>{t("user.subject")}</dt>
            <dd>{session.subject}</dd>
            <dt>{t("user.role")}</dt>
            <dd>{t(`user.roles.${session.role}`)}</dd>
            <dt>{t("user.tenant")}</dt>
            <dd>{session.tenant}</dd>
          </dl>
          <Button
            onPress={() => {
              signOut();
              location.assign(document.baseURI); // nothing of this session stays in memory
            }}
          >
            {t("user.signOut")}
          </Button>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
