/** Node types for tests: a part of what the back end lists, with one of each role. */
import type { Graph, Settings } from "./graph";
import { emptyGraph } from "./graph";
import type { NodeType, Port, Ports } from "./node-type";
import { PortBook } from "./ports";

const port = (name: string, type: string, more: Partial<Port> = {}): Port => ({
  name,
  type,
  title: name,
  ...more,
});
const turnIn = port("in", "control");
const turnOut = port("out", "control");

function type(id: string, ports: Ports, more: Partial<NodeType> = {}): NodeType {
  const [category = "data", word = id] = id.split(".");
  return {
    type: id,
    version: 1,
    role: "step",
    category: category as NodeType["category"],
    title: word.replace("_", " "),
    summary: `Does ${word}.`,
    icon: "box",
    keywords: [],
    docs: "",
    timeout_ms: 60_000,
    settings_schema: { type: "object", properties: {} },
    ports,
    has_dynamic_ports: false,
    examples: [],
    ...more,
  };
}

export const sampleTypes: NodeType[] = [
  type(
    "input.manual",
    { inputs: [], outputs: [turnOut, port("input", "object")] },
    { role: "trigger", title: "Start by hand" },
  ),
  type(
    "data.template",
    { inputs: [turnIn, port("value", "any")], outputs: [turnOut, port("text", "string")] },
    {
      title: "Template",
      keywords: ["text"],
      settings_schema: {
        type: "object",
        required: ["template"],
        properties: { template: { type: "string", title: "Template", "x-widget": "template" } },
      },
    },
  ),
  type(
    "logic.if",
    { inputs: [turnIn, port("value", "any")], outputs: [port("yes", "control"), port("no", "control")] },
    { title: "If" },
  ),
  type(
    "logic.switch",
    { inputs: [turnIn], outputs: [port("otherwise", "control")] },
    { title: "Switch", has_dynamic_ports: true },
  ),
  type(
    "logic.merge",
    {
      inputs: [turnIn, port("items", "any", { many: true })],
      outputs: [turnOut, port("list", "array<any>")],
    },
    { title: "Merge" },
  ),
  type(
    "logic.loop",
    {
      inputs: [turnIn, port("items", "array<any>", { required: true })],
      outputs: [turnOut, port("results", "array<any>")],
      inner_outputs: [port("each", "control"), port("item", "any")],
      inner_inputs: [port("result", "any")],
    },
    { role: "container", title: "Loop over items" },
  ),
  type(
    "data.number",
    { inputs: [turnIn, port("number", "number")], outputs: [turnOut, port("picture", "image")] },
    { title: "Number" },
  ),
  type(
    "output.return",
    { inputs: [turnIn, port("value", "any", { required: true })], outputs: [] },
    { title: "Return value" },
  ),
];

export function sampleBook(
  ask: (type: string, settings: Settings) => Promise<Ports> = () => Promise.reject(),
) {
  return new PortBook(new Map(sampleTypes.map((one) => [one.type, one])), ask);
}

/** start -> text -> done */
export const sampleGraph: Graph = {
  ...emptyGraph,
  nodes: [
    { id: "start", type: "input.manual", version: 1, settings: { fields: [{ name: "who" }] } },
    { id: "text", type: "data.template", version: 1, settings: { template: "Hi {{ input.who }}" } },
    {
      id: "done",
      type: "output.return",
      version: 1,
      settings: { note: "{{ nodes.text.output.text | upper }}" },
    },
  ],
  edges: [
    { id: "e1", from: { node: "start", port: "out" }, to: { node: "text", port: "in" }, kind: "control" },
    { id: "e2", from: { node: "text", port: "text" }, to: { node: "done", port: "value" }, kind: "data" },
  ],
  layout: { nodes: { start: { x: 0, y: 0 }, text: { x: 280, y: 0 } }, groups: {}, notes: {} },
};
