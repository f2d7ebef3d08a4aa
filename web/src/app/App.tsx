import { Outlet, useRouteContext, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { Texts } from "../i18n";
import { useSession } from "../session/session";
import { useChosenTheme } from "../theme/theme";
import { localeOf, preferences } from "./preferences";
import { Shell } from "./Shell";

// Not of the first page of who is signed in.
const SignInAgain = lazy(() => import("../session/SignInAgain"));
const SignInPage = lazy(() => import("../session/SignInPage"));

/** Everything: in the language and theme of the address, and behind the sign-in. */
export function App() {
  const search = useSearch({ from: "__root__" });
  const { code } = useRouteContext({ from: "__root__" });
  const { session, expired } = useSession();
  const locale = localeOf(search);
  useChosenTheme(search.theme ?? preferences().theme);
  useEffect(() => {
    document.documentElement.lang = locale; // requests ask for their errors in it
  }, [locale]);

  return (
    <Texts locale={locale}>
      {session ? (
        <Shell>
          <Outlet />
        </Shell>
      ) : (
        <Suspense>
          <SignInPage code={code} />
        </Suspense>
      )}
      {session && expired && (
        <Suspense>
          <SignInAgain />
        </Suspense>
      )}
    </Texts>
  );
}
