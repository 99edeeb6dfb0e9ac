import { createRootRoute, createRoute, createRouter, Outlet } from "@tanstack/react-router";
import { type ComponentType, lazy, Suspense } from "react";
import { NotFound } from "../components/not-found";
import { Page } from "../components/page";
import { Pending } from "../components/pending";
import { Guard } from "./guard";
import { outsidePages } from "./outside";
import type { LoadPage } from "./page-entry";
import { pages } from "./pages";
import { Shell } from "./shell/shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

const preloadOf = (load: LoadPage) => async () => {
  await load();
};

/** A page that is loaded when it is visited, or already when the pointer is over its link. */
function lazyPage(load: LoadPage, fallback: ComponentType) {
  const Content = lazy(load);
  const Fallback = fallback;
  const component = () => (
    <Suspense fallback={<Fallback />}>
      <Content />
    </Suspense>
  );
  return Object.assign(component, { preload: preloadOf(load) });
}

const inside = pages.map((entry) => {
  const Content = lazyPage(entry.load, PagePending);
  const component = () => (
    <Guard entry={entry}>
      <Content />
    </Guard>
  );
  return createRoute({
    getParentRoute: () => shell,
    path: entry.path,
    component: Object.assign(component, { preload: preloadOf(entry.load) }),
  });
});

const outside = outsidePages.map(({ path, load }) =>
  createRoute({ getParentRoute: () => root, path, component: lazyPage(load, () => null) }),
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
  scrollRestoration: true,
});
