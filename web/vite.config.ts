import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { licences } from "./scripts/licences";

const server = process.env.NOCODE_AI_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [
    react(),
    licences(),
    VitePWA({
      registerType: "prompt",
      injectRegister: null,
      manifest: {
        name: "NoCode AI Builder",
        short_name: "NoCode AI",
        description: "AI gateway, documents and flows in one program",
        theme_color: "#0a6a5d",
        background_color: "#f6f7f7",
        display: "standalone",
        start_url: "/",
        icons: [
          { src: "/icon-192.png", sizes: "192x192", type: "image/png" },
          { src: "/icon-512.png", sizes: "512x512", type: "image/png" },
          { src: "/icon-maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
          { src: "/logo.svg", sizes: "any", type: "image/svg+xml" },
        ],
      },
      workbox: {
        // Pages that are loaded lazily are cached when they are visited, not at the installation.
        globPatterns: [
          "index.html",
          "theme.js",
          "assets/index-*.{js,css}",
          "assets/*latin-wght-normal*.woff2",
        ],
        navigateFallback: "/index.html",
        navigateFallbackDenylist: [
          /^\/api\//,
          /^\/v1\//,
          /^\/v1beta\//,
          /^\/metrics$/,
          /^\/healthz$/,
          /^\/readyz$/,
          // Pages of published flows, which are not the app, and their webhooks.
          /^\/(chat|form|pages|hooks)\//,
        ],
        runtimeCaching: [
          {
            urlPattern: /\/assets\/.*\.(js|css|woff2)$/,
            handler: "CacheFirst",
            options: { cacheName: "assets", expiration: { maxEntries: 200 } },
          },
        ],
      },
    }),
  ],
  build: {
    outDir: process.env.WEB_OUT_DIR ?? "dist",
    emptyOutDir: true,
    target: "es2023",
    // A data: URL would need an exception in the Content-Security-Policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    // The app, and the page that is a published flow's chat or form.
    rolldownOptions: { input: ["index.html", "page.html"] },
  },
  server: {
    port: 5173,
    // The server takes changes from pages of its own host only: it has to see the browser's.
    proxy: Object.fromEntries(
      ["/api", "/v1", "/pages"].map((path) => [path, { target: server, changeOrigin: false }]),
    ),
  },
});
