import type { LoadPage } from "./page-entry";

/** Pages for people who are not signed in, or not yet, without the shell. */
export const outsidePages: { path: string; load: LoadPage }[] = [
  { path: "/login", load: () => import("../pages/login/page") },
];
