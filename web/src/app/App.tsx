import { Outlet, useRouteContext, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { Texts } from "../i18n";
import { SignInAgain } from "../session/SignInAgain";
import { SignInPage } from "../session/SignInPage";
import { useSession } from "../session/session";
import { useChosenTheme } from "../theme/theme";
import { localeOf, preferences } from "./preferences";
import { Shell } from "./Shell";

/** Everything: in the language and theme of the address, and behind the sign-in. */
export function App() {
  const search = useSearch({ from: "__root__" });
  const { code } = useRouteContext({ from: "__root__" });
  const { session } = useSession();
  const locale = localeOf(search);
  useChosenTheme(search.theme ?? preferences().theme);
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);

  return (
    <Texts locale={locale}>
      {session ? (
        // Another tenant's pages share nothing with this one's; the same tenant's stay as they are while signing in again.
        <Shell key={session.tenant}>
          <Outlet />
        </Shell>
      ) : (
        <SignInPage code={code} />
      )}
      <SignInAgain />
    </Texts>
  );
}
