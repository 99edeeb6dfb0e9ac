import "./page.css";
import "../i18n/language";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { FlowPage } from "./flow-page";

// Who shows the page inside of theirs may say which colours fit there.
const theme = new URLSearchParams(location.search).get("theme");
if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;

const [, kind, token] = location.pathname.split("/");
const root = document.getElementById("root");
if (root && kind && token) {
  createRoot(root).render(
    <StrictMode>
      <FlowPage token={token} />
    </StrictMode>,
  );
}
