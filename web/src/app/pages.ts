import { IconHome } from "@tabler/icons-react";
import type { PageEntry } from "./page-entry";

/**
 * All pages inside the shell, in the order of the navigation. A new page is a folder in `src/pages/`
 * (its `page.tsx` and `texts.ts`) and its row here.
 */
export const pages: PageEntry[] = [
  { path: "/", title: { en: "Home", de: "Start" }, icon: IconHome, load: () => import("../pages/start/page") },
];
