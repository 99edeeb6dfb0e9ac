import { createRootRoute, createRoute, createRouter, Outlet } from "@tanstack/react-router";
import { type ComponentType, createElement, Suspense, useEffect, useState } from "react";
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

const preloadOf = (load: () => Promise<unknown>) => async () => {
  await load();
};

/**
 * A page that is loaded when it is visited, or already when the pointer is over its link. Not by
 * `React.lazy`: once a fallback is shown, React keeps it for 300 ms, however fast the page is there.
 */
function lazyPage(load: LoadPage, fallback: ComponentType) {
  let loaded: ComponentType | undefined;
  const once = async () => {
    loaded ??= (await load()).default;
    return loaded;
  };
  const component = () => {
    const [page, setPage] = useState<{ Content?: ComponentType; error?: unknown }>({ Content: loaded });
    useEffect(() => {
      if (page.Content || page.error) return;
      let isThere = true;
      once().then(
        (Content) => isThere && setPage({ Content }),
        (error: unknown) => isThere && setPage({ error }),
      );
      return () => {
        isThere = false;
      };
    }, [page]);
    // As a lazy component would: the boundary around it says what to do.
    if (page.error) throw page.error;
    const { Content = fallback } = page;
    return (
      <Suspense fallback={createElement(fallback)}>
        <Content />
      </Suspense>
    );
  };
  return Object.assign(component, { preload: preloadOf(once) });
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
    component: Object.assign(component, { preload: Content.preload }),
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
