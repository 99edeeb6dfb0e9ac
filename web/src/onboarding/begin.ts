/** Ways into a first flow, each with one click. */
import { flows, projects } from "../api/flows";
import { templates } from "../api/templates";
import { rememberInput } from "../flow/last-input";
import { filled, gapsOf } from "../pages/templates/catalog";
import { ensureSample } from "./sample-collection";

/** What answers where no vendor is connected. */
const builtinModel = "builtin/extract";

/** The person's first project, made if there is none. */
async function firstProject(name: string): Promise<string> {
  const { data } = await projects.list({ limit: 1 });
  return (data[0] ?? (await projects.create({ name }))).id;
}

/** An empty flow; its id. */
export async function beginBlank(names: { project: string; flow: string }): Promise<string> {
  const project_id = await firstProject(names.project);
  return (await flows.create({ project_id, name: names.flow })).id;
}

/**
 * A flow of a template that runs as it is: the built-in model stands in for models that are not
 * connected, the sample documents for collections that are not there. Its id.
 */
export async function beginTemplate(
  slug: string,
  names: { project: string; flow?: string },
): Promise<string> {
  const [project_id, template] = await Promise.all([firstProject(names.project), templates.get(slug)]);
  const gaps = gapsOf(template.requires);
  const models = gaps
    .filter(({ kind, requirement }) => kind === "models" && (requirement.operation ?? "chat") === "chat")
    .map(({ requirement }) => [requirement.name, builtinModel]);
  const missing = gaps.filter(({ kind }) => kind === "collections");
  const sample = missing.length > 0 ? (await ensureSample()).slug : "";
  const collections = missing.map(({ requirement }) => [requirement.name, sample]);
  const mapping = filled({
    models: Object.fromEntries(models),
    collections: Object.fromEntries(collections),
  });
  const made = await templates.use(slug, { project_id, name: names.flow, mapping });
  rememberInput(made.workflow.id, made.sample_input);
  return made.workflow.id;
}
