import { Dialog } from "../components/Dialog";
import { useT } from "../i18n";
import { SignInForm } from "./SignInForm";

/** Over the page when the token's time is up: below, everything that was typed stays. */
export default function SignInAgain() {
  const t = useT();
  return (
    <Dialog title={t("signIn.expired")} isOpen>
      <p>{t("signIn.expiredText")}</p>
      <SignInForm />
    </Dialog>
  );
}
