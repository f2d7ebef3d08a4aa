import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import compile from "icu-minify/compile";
import { defineConfig } from "vitest/config";

// Where `npm run dev` finds a platform.
const platform = process.env.MICROGRID_URL ?? "http://127.0.0.1:8081";

// Texts are parsed when the page is built, so that it needs no parser.
const compileTexts: Plugin = {
  name: "compile-texts",
  enforce: "pre",
  transform(code, id) {
    if (!/\/i18n\/[\w-]+\.json$/.test(id)) return null;
    return JSON.stringify(JSON.parse(code), (_, value: unknown) =>
      typeof value === "string" ? compile(value) : value,
    );
  },
};

// The server writes the base element; without a server something else has to.
const baseInDevelopment: Plugin = {
  name: "base-in-development",
  apply: "serve",
  transformIndexHtml: () => [{ tag: "base", attrs: { href: "/" }, injectTo: "head-prepend" }],
};

export default defineConfig({
  plugins: [
    react(),
    // react-aria's own sentences in the languages that the page has.
    { ...optimizeLocales.vite({ locales: ["en-US", "zh-CN"] }), enforce: "pre" },
    compileTexts,
    baseInDevelopment,
  ],
  resolve: { alias: { "use-intl/format-message": "use-intl/format-message/format-only" } },
  // The server writes <base href>, so that one build works at any path behind a proxy.
  base: "./",
  build: {
    target: ["chrome123", "edge123", "firefox121", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: { "/api": platform, "/analytics": platform, "/openapi.json": platform },
  },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
