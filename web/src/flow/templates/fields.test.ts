import { expect, test } from "vitest";
import { factsOf, faultsOf, fieldsOfFlow } from "./fields";

const flow = { name: "Greeting", description: "Says hello." };

test("a flow's name and description stand in the form already", () => {
  const fields = fieldsOfFlow(flow, { who: "Ada" });
  expect(fields).toMatchObject({ name: "Greeting", summary: "Says hello.", sample: '{\n  "who": "Ada"\n}' });
  expect(fieldsOfFlow(flow, {}).sample).toBe("");
});

test("what is missing or wrong is said by field", () => {
  const fields = { ...fieldsOfFlow(flow, null), name: " ", minutes: "", sample: "{who" };
  expect(faultsOf(fields)).toEqual({
    name: "needed",
    category: "needed",
    minutes: "minutes",
    sample: "json",
  });
  expect(faultsOf({ ...fieldsOfFlow(flow, null), category: "sales" })).toEqual({});
});

test("the server is told numbers and JSON", () => {
  const fields = { ...fieldsOfFlow(flow, null), name: " Hello ", minutes: "7", sample: "[1]" };
  expect(factsOf(fields)).toMatchObject({ name: "Hello", setup_minutes: 7, sample_input: [1] });
});
