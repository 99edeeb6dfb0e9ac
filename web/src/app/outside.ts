import type { LoadPage } from "./page-entry";

/** Pages for people who are not signed in, without the shell. */
export const outsidePages: { path: string; load: LoadPage }[] = [
  { path: "/setup", load: () => import("../pages/setup/page") },
  { path: "/login", load: () => import("../pages/login/page") },
  { path: "/register", load: () => import("../pages/register/page") },
  { path: "/verify-email", load: () => import("../pages/verify-email/page") },
  { path: "/forgot-password", load: () => import("../pages/forgot-password/page") },
  { path: "/reset-password", load: () => import("../pages/reset-password/page") },
  { path: "/invitation", load: () => import("../pages/invitation/page") },
];
