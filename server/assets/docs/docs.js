// Shows the OpenAPI document: searchable, with a form to try each operation. No library, no network
// besides this server.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const byId = (id) => document.getElementById(id);

/** An element with attributes and children; texts are never read as HTML. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Follows `$ref`. */
function resolve(doc, schema) {
  let found = schema;
  for (let depth = 0; found && found.$ref && depth < 20; depth += 1) {
    found = found.$ref.slice(2).split("/").reduce((at, key) => at && at[key], doc);
  }
  return found || {};
}

/** The members of a schema with those of all its parts. */
function flatten(doc, schema) {
  const own = resolve(doc, schema);
  const merged = { properties: { ...own.properties }, required: [...(own.required || [])], own };
  for (const part of own.allOf || []) {
    const inner = flatten(doc, part);
    Object.assign(merged.properties, inner.properties);
    merged.required.push(...inner.required);
  }
  return merged;
}

function typeOf(doc, schema) {
  const own = resolve(doc, schema);
  const choices = own.oneOf || own.anyOf;
  if (choices) return choices.map((choice) => typeOf(doc, choice)).join(" or ");
  if (own.enum) return own.enum.map((word) => JSON.stringify(word)).join(" | ");
  const types = [].concat(own.type || (own.properties ? "object" : "any"));
  const words = types.map((type) =>
    type === "array" ? `list of ${typeOf(doc, own.items || {})}` : type);
  return words.join(" or ") + (own.format ? ` (${own.format})` : "");
}

/** What a body may look like: the document's example, else one made of the types. */
function example(doc, schema, depth = 0) {
  const own = resolve(doc, schema);
  if (own.example !== undefined) return own.example;
  if (own.examples && own.examples.length) return own.examples[0];
  if (own.default !== undefined) return own.default;
  if (own.enum) return own.enum[0];
  if (depth > 6) return null;
  const choices = own.oneOf || own.anyOf;
  if (choices) {
    const filled = choices.find((choice) => resolve(doc, choice).type !== "null") || choices[0];
    return example(doc, filled, depth + 1);
  }
  const { properties } = flatten(doc, own);
  const type = [].concat(own.type || (Object.keys(properties).length ? "object" : "null"))[0];
  switch (type) {
    case "object":
      return Object.fromEntries(Object.entries(properties)
        .map(([name, part]) => [name, example(doc, part, depth + 1)]));
    case "array": return [];
    case "integer": case "number": return own.minimum || 0;
    case "boolean": return false;
    case "string":
      if (own.format === "uuid") return "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b11";
      return own.format === "date-time" ? "2026-11-22T19:31:00Z" : "";
    default: return null;
  }
}

function schemaTable(doc, schema) {
  const rows = [];
  const walk = (part, depth, seen) => {
    const { properties, required } = flatten(doc, part);
    for (const [name, inner] of Object.entries(properties)) {
      const own = resolve(doc, inner);
      const indent = make("span", { class: "indent" });
      indent.style.width = `${depth}rem`;
      rows.push(make("tr", {},
        make("td", {}, indent, make("code", {}, name), required.includes(name) ? " *" : ""),
        make("td", {}, typeOf(doc, inner)),
        make("td", {}, inner.description || own.description || "")));
      const next = own.type === "array" ? resolve(doc, own.items || {}) : own;
      if (next.properties && depth < 4 && !seen.includes(next)) walk(next, depth + 1, [...seen, next]);
    }
  };
  walk(schema, 0, [resolve(doc, schema)]);
  if (!rows.length) return make("p", { class: "hint" }, typeOf(doc, schema));
  return make("table", {},
    make("thead", {}, make("tr", {},
      ...["Field", "Type", "Meaning"].map((title) => make("th", { scope: "col" }, title)))),
    make("tbody", {}, ...rows));
}

function bodyOf(operation) {
  const content = operation.requestBody && operation.requestBody.content;
  return content && content["application/json"] && content["application/json"].schema;
}

function headersFor(token, hasBody) {
  const headers = { accept: "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  if (hasBody) headers["content-type"] = "application/json";
  if (!token) {
    // The session of this browser: changes repeat the cookie as a header.
    const cookie = document.cookie.split("; ").find((one) => one.startsWith("nab_csrf="));
    if (cookie) headers["x-nab-csrf"] = cookie.slice("nab_csrf=".length);
  }
  return headers;
}

function tryForm(doc, method, path, operation) {
  const parameters = (operation.parameters || []).map((one) => resolve(doc, one));
  const inputs = parameters.map((parameter) => {
    const id = `${operation.operationId}-${parameter.name}`;
    const given = parameter.example ?? (parameter.in === "path" ? example(doc, parameter.schema || {}) : "");
    const input = make("input", { id, value: given ?? "", spellcheck: "false" });
    if (parameter.in !== "path") input.value = "";
    return { parameter, input, field: make("div", { class: "field" },
      make("label", { for: id }, `${parameter.name} (${parameter.in})`), input,
      make("p", { class: "hint" }, parameter.description || "")) };
  });
  const schema = bodyOf(operation);
  const bodyId = `${operation.operationId}-body`;
  const body = schema && make("textarea", { id: bodyId, spellcheck: "false" });
  if (body) body.value = JSON.stringify(example(doc, schema), null, 2);
  const output = make("div", { role: "status" });

  const request = () => {
    let url = path;
    const query = new URLSearchParams();
    const headers = headersFor(byId("token").value.trim(), Boolean(body));
    for (const { parameter, input } of inputs) {
      const value = input.value.trim();
      if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(value));
      else if (value && parameter.in === "query") query.append(parameter.name, value);
      else if (value && parameter.in === "header") headers[parameter.name] = value;
    }
    const suffix = query.toString();
    return { url: suffix ? `${url}?${suffix}` : url, headers };
  };
  const send = async () => {
    const { url, headers } = request();
    output.replaceChildren(make("p", { class: "hint" }, "Sending …"));
    const began = performance.now();
    try {
      const answer = await fetch(url, { method: method.toUpperCase(), headers, body: body && body.value,
        credentials: headers.authorization ? "omit" : "same-origin" });
      const text = await answer.text();
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* no JSON */ }
      output.replaceChildren(
        make("p", {}, `${answer.status} ${answer.statusText} in ${Math.round(performance.now() - began)} ms`),
        make("pre", { tabindex: "0" }, shown.slice(0, 200000) || "(empty)"));
    } catch (error) {
      output.replaceChildren(make("p", {}, `No answer: ${error.message}`));
    }
  };
  const curl = () => {
    const { url, headers } = request();
    const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
    const lines = [`curl -X ${method.toUpperCase()} ${quote(location.origin + url)}`];
    for (const [name, value] of Object.entries(headers)) {
      // Who copies a command shares it: the key stays here.
      const safe = name === "authorization" ? "Bearer $NOCODE_AI_KEY" : value;
      lines.push(`-H ${name === "authorization" ? `"${name}: ${safe}"` : quote(`${name}: ${safe}`)}`);
    }
    if (body) lines.push(`-d ${quote(body.value)}`);
    output.replaceChildren(make("pre", { tabindex: "0" }, lines.join(" \\\n  ")));
  };
  return make("section", {}, make("h4", {}, "Try it"),
    ...inputs.map(({ field }) => field),
    body && make("div", { class: "field" }, make("label", { for: bodyId }, "Body"), body),
    make("div", { class: "row" },
      make("button", { type: "button", onclick: send }, "Send"),
      make("button", { type: "button", class: "plain", onclick: curl }, "Show as curl")),
    output);
}

function inside(doc, method, path, operation) {
  const parts = [];
  if (operation.description) parts.push(make("p", {}, operation.description));
  if (operation["x-permission"]) {
    parts.push(make("p", {}, "Needs the permission ", make("code", {}, operation["x-permission"]), "."));
  }
  const accepted = (operation.security || []).flatMap((one) => Object.keys(one));
  parts.push(make("p", { class: "hint" },
    accepted.length ? `Accepts: ${accepted.join(", ")}` : "Needs no key and no session."));
  const schema = bodyOf(operation);
  if (schema) parts.push(make("h4", {}, "Body"), schemaTable(doc, schema));
  for (const [status, raw] of Object.entries(operation.responses || {})) {
    const response = resolve(doc, raw);
    const content = response.content || {};
    const kinds = Object.keys(content).join(", ");
    parts.push(make("h4", {}, `Answer ${status}`, kinds ? ` (${kinds})` : ""));
    if (response.description) parts.push(make("p", { class: "hint" }, response.description));
    const json = content["application/json"];
    if (json && json.schema) parts.push(schemaTable(doc, json.schema));
  }
  parts.push(tryForm(doc, method, path, operation));
  return parts;
}

function operationCard(doc, one) {
  const { method, path, operation } = one;
  const room = make("div", { class: "inside" });
  const card = make("details", { class: "operation", id: operation.operationId },
    make("summary", {},
      make("span", { class: `method ${method}` }, method.toUpperCase()),
      make("code", {}, path), make("span", {}, operation.summary || "")),
    room);
  // Filled when it is opened: a hundred forms at once would be slow.
  card.addEventListener("toggle", () => {
    if (card.open && !room.childElementCount) room.append(...inside(doc, method, path, operation));
    if (card.open) history.replaceState(null, "", `#${operation.operationId}`);
  });
  return card;
}

function operationsOf(doc) {
  return Object.entries(doc.paths).flatMap(([path, item]) => METHODS
    .filter((method) => item[method])
    .map((method) => {
      const operation = item[method];
      const tag = (operation.tags || ["Others"])[0];
      const words = [path, method, tag, operation.operationId, operation.summary,
        operation.description, operation["x-permission"]].join(" ").toLowerCase();
      return { path, method, operation, tag, words };
    }));
}

function show(doc, operations, wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found = operations.filter((one) => words.every((word) => one.words.includes(word)));
  const order = (doc.tags || []).map((tag) => tag.name);
  const tags = [...new Set(found.map((one) => one.tag))]
    .sort((a, b) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99));
  byId("count").textContent = found.length
    ? `${found.length} of ${operations.length} operations`
    : "Nothing found. Search for a path, a word of the summary, or a permission.";
  byId("index").replaceChildren(...tags.map((tag) =>
    make("li", {}, make("a", { href: `#tag-${tag}` }, tag))));
  byId("list").replaceChildren(...tags.flatMap((tag) => {
    const about = (doc.tags || []).find((one) => one.name === tag);
    return [make("h2", { id: `tag-${tag}` }, tag),
      make("p", { class: "hint" }, (about && about.description) || ""),
      ...found.filter((one) => one.tag === tag).map((one) => operationCard(doc, one))];
  }));
}

function openNamed() {
  const named = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
  if (named && named.tagName === "DETAILS") named.open = true;
  if (named) named.scrollIntoView();
}

async function start() {
  const answer = await fetch("/api/openapi.json");
  if (!answer.ok) throw new Error(`the document is not there (${answer.status})`);
  const doc = await answer.json();
  byId("about").textContent = `Version ${doc.info.version}. ${doc.info.description.replaceAll("`", "")}`;
  const operations = operationsOf(doc);
  const search = byId("search");
  search.addEventListener("input", () => show(doc, operations, search.value));
  byId("access").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); search.focus(); }
  });
  window.addEventListener("hashchange", openNamed);
  show(doc, operations, "");
  openNamed();
}

start().catch((error) => { byId("about").textContent = `Cannot show the API: ${error.message}`; });
