import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Where `npm run dev` finds a platform.
const platform = process.env.MICROGRID_URL ?? "http://127.0.0.1:8081";

export default defineConfig({
  plugins: [react()],
  // The server writes <base href>, so that one build works at any path behind a proxy.
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: { "/api": platform, "/analytics": platform, "/openapi.json": platform },
  },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
