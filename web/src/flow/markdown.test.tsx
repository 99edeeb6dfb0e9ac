import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Markdown } from "./markdown";

const html = (text: string) => render(<Markdown text={text} />).container.innerHTML;

test("code keeps its empty lines, also while it is still being written", () => {
  expect(html("Look:\n```js\na\n\nb\n```\nDone")).toContain("<pre>a\n\nb</pre>");
  expect(html("```\na\n\nb")).toBe("<pre>a\n\nb</pre>");
});

test("lists are numbered or not", () => {
  expect(html("1. one\n2. two")).toBe("<ol><li>one</li><li>two</li></ol>");
  expect(html("- one\n- two\n\nmore")).toContain("<ul><li>one</li><li>two</li></ul>");
});

test("no HTML and no script comes through", () => {
  expect(html('<img src=x onerror="alert(1)">')).toContain("&lt;img");
  expect(html("[a](javascript:alert(1))")).not.toContain("href");
});
