import {
  IconChartBar,
  IconCube,
  IconFolders,
  IconHome,
  IconKey,
  IconMessages,
} from "@tabler/icons-react";
import type { PageEntry } from "./page-entry";

/**
 * All pages inside the shell, in the order of the navigation. A new page is a folder in `src/pages/`
 * (its `page.tsx` and `texts.ts`) and its row here.
 */
export const pages: PageEntry[] = [
  {
    path: "/",
    title: { en: "Home", de: "Start" },
    icon: IconHome,
    load: () => import("../pages/start/page"),
  },
  {
    path: "/projects",
    title: { en: "Projects", de: "Projekte" },
    icon: IconFolders,
    permission: "projects:read",
    keywords: "flow workflow builder ablauf",
    load: () => import("../pages/projects/page"),
  },
  {
    path: "/projects/$project",
    title: { en: "Project", de: "Projekt" },
    permission: "projects:read",
    load: () => import("../pages/projects/project"),
  },
  {
    path: "/playground",
    title: { en: "Playground", de: "Spielwiese" },
    icon: IconMessages,
    permission: "models:use",
    keywords: "chat test prompt",
    load: () => import("../pages/playground/page"),
  },
  {
    path: "/models",
    title: { en: "Models", de: "Modelle" },
    icon: IconCube,
    permission: "models:read",
    keywords: "provider credential price vendor anbieter zugangsdaten preis",
    load: () => import("../pages/models/page"),
  },
  {
    path: "/keys",
    title: { en: "Keys", de: "Schlüssel" },
    icon: IconKey,
    permission: "keys:read",
    keywords: "api token",
    load: () => import("../pages/keys/page"),
  },
  {
    path: "/usage",
    title: { en: "Usage", de: "Verbrauch" },
    icon: IconChartBar,
    permission: "usage:read",
    keywords: "cost tokens requests errors latency report kosten anfragen fehler dauer bericht",
    load: () => import("../pages/usage/page"),
  },
  {
    path: "/usage/requests/$requestId",
    title: { en: "Request", de: "Anfrage" },
    permission: "usage:read",
    load: () => import("../pages/request/page"),
  },
  {
    path: "/profile",
    title: { en: "Profile and security", de: "Profil und Sicherheit" },
    keywords: "password passkey sessions passwort sitzungen",
    load: () => import("../pages/profile/page"),
  },
];
