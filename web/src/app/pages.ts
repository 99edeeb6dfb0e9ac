import {
  IconActivity,
  IconFolders,
  IconHome,
  IconKey,
  IconMessages,
  IconUserCheck,
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
    path: "/flows/$flow",
    title: { en: "Flow", de: "Ablauf" },
    permission: "projects:read",
    load: () => import("../pages/flow/page"),
  },
  {
    path: "/runs",
    title: { en: "Runs", de: "Läufe" },
    icon: IconActivity,
    permission: "projects:read",
    keywords: "execution history lauf",
    load: () => import("../pages/runs/page"),
  },
  {
    path: "/approvals",
    title: { en: "Approvals", de: "Freigaben" },
    icon: IconUserCheck,
    permission: "projects:read",
    keywords: "human review question frage",
    load: () => import("../pages/approvals/page"),
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
    path: "/keys",
    title: { en: "Keys", de: "Schlüssel" },
    icon: IconKey,
    permission: "keys:read",
    keywords: "api token",
    load: () => import("../pages/keys/page"),
  },
  {
    path: "/profile",
    title: { en: "Profile and security", de: "Profil und Sicherheit" },
    keywords: "password passkey sessions passwort sitzungen",
    load: () => import("../pages/profile/page"),
  },
];
