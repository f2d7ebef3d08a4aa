import { Dialog } from "../components/Dialog";
import { useT } from "../i18n";
import { useSession } from "./session";
import { SignInForm } from "./SignInForm";

/** Over the page when the token's time is up: below, everything that was typed stays. */
export function SignInAgain() {
  const t = useT();
  const { session, expired } = useSession();
  return (
    <Dialog title={t("signIn.expired")} isOpen={session !== null && expired}>
      <p>{t("signIn.expiredText")}</p>
      <SignInForm />
    </Dialog>
  );
}
