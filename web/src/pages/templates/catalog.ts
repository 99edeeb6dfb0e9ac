/** Finding templates, and what each needs; without React, so that it can be tested. */
import {
  type Complexity,
  type Mappable,
  type Mapping,
  mappable,
  type Requirement,
  type Requirements,
  type TemplateSummary,
} from "../../api/templates";

export interface Wanted {
  text: string;
  category: string;
  complexity: string;
  /** Where it comes from; empty: from anywhere. */
  origin?: string;
}

export const complexities: Complexity[] = ["beginner", "intermediate", "advanced"];

/** Templates in which every word stands, of the category and complexity, in the order of the server. */
export function findTemplates(
  all: TemplateSummary[],
  { text, category, complexity, origin }: Wanted,
): TemplateSummary[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((one) => {
    const said = `${one.name} ${one.summary} ${one.tags.join(" ")} ${one.slug}`.toLowerCase();
    return (
      (!category || one.category === category) &&
      (!complexity || one.complexity === complexity) &&
      (!origin || one.origin === origin) &&
      words.every((word) => said.includes(word))
    );
  });
}

/** What is not there and can be replaced by something that is. */
export function gapsOf(requires: Requirements): { kind: Mappable; requirement: Requirement }[] {
  return mappable.flatMap((kind) =>
    requires[kind].filter((one) => one.is_available === false).map((requirement) => ({ kind, requirement })),
  );
}

/** What stands in for models that are not there, so that the flow runs at once. */
export function standIns(requires: Requirements): Mapping {
  const models = requires.models.flatMap(({ name, instead }) => (instead ? [[name, instead] as const] : []));
  return models.length > 0 ? { models: Object.fromEntries(models) } : {};
}

/** Every name that is wanted, with its kind. */
export function namesOf(requires: Requirements): { kind: keyof Requirements; requirement: Requirement }[] {
  const kinds: (keyof Requirements)[] = [...mappable, "secrets"];
  return kinds.flatMap((kind) => requires[kind].map((requirement) => ({ kind, requirement })));
}

/** The mapping without what was left open. */
export function filled(mapping: Mapping): Mapping {
  const kept: Mapping = {};
  for (const kind of mappable) {
    const chosen = Object.entries(mapping[kind] ?? {}).filter(([, name]) => name !== "");
    if (chosen.length > 0) kept[kind] = Object.fromEntries(chosen);
  }
  return kept;
}
