import { useQuery } from "@tanstack/react-query";
import { LanguageSwitch, ThemeSwitch } from "../app/switches";
import { ApiError } from "../api/error";
import { signInWithCode } from "../api/session";
import { Loading } from "../components/states";
import { useT } from "../i18n";
import { SignInForm } from "./SignInForm";
import styles from "./SignInPage.module.css";

/** Before anybody is signed in: uses the code of a one-time link, or asks for a token. */
export default function SignInPage({ code }: { code: string | undefined }) {
  const t = useT();
  // A query, and not an effect: however often the page renders, the code is sent once.
  const link = useQuery({
    queryKey: ["sign-in", code],
    queryFn: () => signInWithCode(code ?? "").then(() => true),
    enabled: code !== undefined,
    staleTime: Infinity,
  });
  const error = link.error && ApiError.of(link.error);
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <header className={styles.head}>
          <img src={new URL("icon.svg", document.baseURI).href} alt="" width="36" height="36" />
          <h1>{t("app.name")}</h1>
        </header>
        {code && link.isPending ? (
          <Loading />
        ) : (
          <>
            {error && (
              <p className={styles.error} role="alert">
                {error.transient ? t("signIn.linkAway") : t("signIn.linkUsed")}
              </p>
            )}
            <p>{t("signIn.text")}</p>
            <SignInForm />
            <p className={styles.hint}>
              {t("signIn.how")} <code>microgrid token</code>, <code>microgrid token --link</code>
            </p>
          </>
        )}
        <footer className={styles.foot}>
          <LanguageSwitch />
          <ThemeSwitch />
        </footer>
      </div>
    </main>
  );
}
