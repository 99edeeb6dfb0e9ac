import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";
import type { ComponentType } from "react";
import { NotFound } from "../components/not-found";
import { Page } from "../components/page";
import { Pending } from "../components/pending";
import { Guard } from "./guard";
import { outsidePages } from "./outside";
import { pages } from "./pages";
import { Shell } from "./shell/shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

const inside = pages.map((entry) => {
  const Content = lazyRouteComponent(entry.load, "default") as ComponentType;
  return createRoute({
    getParentRoute: () => shell,
    path: entry.path,
    component: () => (
      <Guard entry={entry}>
        <Content />
      </Guard>
    ),
  });
});

const outside = outsidePages.map(({ path, load }) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, "default") }),
);

function PagePending() {
  return (
    <Page title="">
      <Pending />
    </Page>
  );
}

export const router = createRouter({
  routeTree: root.addChildren([shell.addChildren(inside), ...outside]),
  defaultPreload: "intent",
  defaultPendingMs: 150,
  defaultPendingComponent: PagePending,
  scrollRestoration: true,
});
