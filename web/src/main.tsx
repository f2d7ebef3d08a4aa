import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./theme/tokens.css";
import "./theme/base.css";
import { queryClient } from "./api/queries";
import { router } from "./app/router";
import { takeCode } from "./session/code";
import { signOut, watchExpiry } from "./session/session";

const code = takeCode();
if (code) signOut(); // a link is for signing in, whoever was before
watchExpiry();

const element = document.getElementById("root");
if (!element) throw new Error("the page has no root element");
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} context={{ code }} />
    </QueryClientProvider>
  </StrictMode>,
);
