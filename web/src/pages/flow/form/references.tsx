import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { call, flows, type ListPage, projects } from "../../../api/flows";
import { useModels } from "../../../api/models";
import { type Reference, referencesFor } from "../../../flow/references";
import { useMay } from "../../../session/me";
import { useDraft, useGraph, usePorts } from "../session";

const context = createContext<Reference[]>([]);

export const useReferences = () => useContext(context);

/** Variables and secrets of the flow's project. */
export function useProjectValues() {
  const project = useDraft(({ flow }) => flow.project_id);
  const variables = useQuery({
    queryKey: ["projects", project, "variable-names"],
    staleTime: 30_000,
    queryFn: async () => (await projects.variables(project)).map(({ name, type }) => ({ name, type })),
  });
  const secrets = useQuery({
    queryKey: ["projects", project, "secret-names"],
    staleTime: 30_000,
    queryFn: async () => (await projects.secrets(project)).map(({ name }) => name),
  });
  return { variables: variables.data ?? [], secrets: secrets.data ?? [] };
}

/** What expressions of a node may name, for all fields below. */
export function ReferencesOf({ node, children }: { node: string; children: ReactNode }) {
  const graph = useGraph((state) => state);
  const book = usePorts();
  const { variables, secrets } = useProjectValues();
  const found = useMemo(
    () => referencesFor(graph, node, book, { variables, secrets }),
    [graph, node, book, variables, secrets],
  );
  return <context.Provider value={found}>{children}</context.Provider>;
}

/** The names that a widget offers; anything else may be typed. */
export function useNames(widget: string | undefined, providers: string[] | undefined): string[] {
  const may = useMay();
  const own = useGraph((graph) => graph.variables);
  const { variables, secrets } = useProjectValues();
  const models = useModels();
  const others = useQuery({
    queryKey: ["flows", "slugs"],
    enabled: widget === "workflow",
    queryFn: async () => (await flows.list({ limit: 200 })).data.map(({ slug }) => slug),
  });
  const credentials = useQuery({
    queryKey: ["credential-names"],
    enabled: widget === "credential" && may("credentials:read"),
    queryFn: async () => {
      const page = await call<ListPage<{ provider: string; name: string }>>("GET", "/credentials");
      return page.data.map(({ provider, name }) => `${provider}/${name}`);
    },
  });
  const collections = useQuery({
    queryKey: ["collection-slugs"],
    enabled: widget === "collection" && may("collections:read"),
    queryFn: async () => {
      const page = await call<ListPage<{ slug: string }>>("GET", "/collections", undefined, { limit: 200 });
      return page.data.map(({ slug }) => slug);
    },
  });
  switch (widget) {
    case "collection":
      return collections.data ?? [];
    case "model":
      return (models.data ?? []).map(({ id }) => id);
    case "workflow":
      return others.data ?? [];
    case "credential":
      return (credentials.data ?? []).filter(
        (name) => !providers || providers.some((provider) => name.startsWith(`${provider}/`)),
      );
    case "secret":
      return secrets;
    case "variable":
      return [...new Set([...own, ...variables].map(({ name }) => name))];
    case "timezone":
      return Intl.supportedValuesOf("timeZone");
    case "data-type":
      return dataTypes;
    default:
      return [];
  }
}

const simple = [
  "string",
  "number",
  "boolean",
  "object",
  "file",
  "image",
  "audio",
  "message",
  "document",
  "any",
];
const dataTypes = [...simple, ...simple.map((type) => `array<${type}>`), "vector"];
