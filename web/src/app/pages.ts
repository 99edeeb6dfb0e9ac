import { IconHome, IconKey, IconMessages } from "@tabler/icons-react";
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
