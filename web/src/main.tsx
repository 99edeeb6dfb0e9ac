import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./app/app.css";
import "./i18n/language";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./app/query-client";
import { router } from "./app/router";
import { Themed } from "./app/themed";
import { UpdatePrompt } from "./app/update-prompt";
import { Boundary } from "./components/boundary";
import { Toasts } from "./components/toasts";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Themed>
        <Boundary of="app">
          <QueryClientProvider client={queryClient}>
            <Toasts />
            <RouterProvider router={router} />
            <UpdatePrompt />
          </QueryClientProvider>
        </Boundary>
      </Themed>
    </StrictMode>,
  );
}
