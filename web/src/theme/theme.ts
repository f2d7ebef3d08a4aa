import { useEffect, useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

const darkSystem = matchMedia("(prefers-color-scheme: dark)");

/** Puts a chosen theme on the page; without a choice it is the system's. */
export function useChosenTheme(choice: Theme | undefined): void {
  useEffect(() => {
    if (choice) document.documentElement.dataset.theme = choice;
    else delete document.documentElement.dataset.theme;
    dispatchEvent(new Event(changed));
  }, [choice]);
}

const changed = "microgrid:theme";

/** The theme that is shown. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, shown);
}

function shown(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return darkSystem.matches ? "dark" : "light";
}

function subscribe(listener: () => void): () => void {
  darkSystem.addEventListener("change", listener);
  addEventListener(changed, listener);
  return () => {
    darkSystem.removeEventListener("change", listener);
    removeEventListener(changed, listener);
  };
}
