/** The reference of the API, drawn from its OpenAPI description; each operation can be tried. */

import { element } from "./dom.js";

const REFERENCE = /^#\/components\/schemas\//;

const nameOf = (schema) => schema.$ref?.replace(REFERENCE, "");
const anchorOf = (name) => `shape-${name}`;
const inline = (text = "") => text.split(/(`[^`]+`)/).map((part) =>
  (part.startsWith("`") ? element("code", {}, part.slice(1, -1)) : part));

/* The type of a field, with links to shapes of their own. */
function typeOf(schema) {
  if (schema.$ref) return [element("a", { href: `#${anchorOf(nameOf(schema))}` }, nameOf(schema))];
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(" | ")];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return branches.flatMap((branch, index) => [...(index ? [" | "] : []), ...typeOf(branch)]);
  if (schema.prefixItems) return ["[", ...schema.prefixItems.flatMap((one, index) => [...(index ? [", "] : []), ...typeOf(one)]), "]"];
  if (schema.type === "array") return ["list of ", ...typeOf(schema.items ?? {})];
  return [schema.type ?? "any"];
}

function fieldTable(schema) {
  const row = (name, field) => {
    const required = (schema.required ?? []).includes(name);
    const fallback = required && field.default === undefined ? "required" : field.default === undefined ? "" : JSON.stringify(field.default);
    return element("tr", {}, element("td", {}, element("code", {}, name)), element("td", {}, ...typeOf(field)),
      element("td", {}, fallback), element("td", {}, ...inline(field.description)));
  };
  const head = element("tr", {}, ...["field", "type", "default", "meaning"].map((title) => element("th", { scope: "col" }, title)));
  return element("table", { class: "fields" }, element("thead", {}, head),
    element("tbody", {}, ...Object.entries(schema.properties ?? {}).map(([name, field]) => row(name, field))));
}

function answerTo(output, response, body) {
  const type = response.headers.get("content-type") ?? "";
  const pretty = type.includes("json") ? JSON.stringify(JSON.parse(body), null, 2) : body;
  output.hidden = false;
  output.textContent = `${response.status} ${response.statusText}\n\n${pretty}`;
}

/* Examples to choose from, a body to change, and what the server answers. */
function trial(id, method, path, examples) {
  const output = element("pre", { tabindex: "0", "aria-label": "Answer", hidden: "" });
  const input = element("textarea", { id: `${id}-body`, rows: "8", spellcheck: "false" });
  const put = (example) => { input.value = JSON.stringify(example.value, null, 2); };
  const send = async () => {
    const body = examples.length ? { headers: { "Content-Type": "application/json" }, body: input.value } : {};
    try {
      const response = await fetch(path.replace(/^\//, ""), { method, ...body });
      answerTo(output, response, await response.text());
    } catch (error) {
      output.hidden = false;
      output.textContent = `The server does not answer: ${error.message}`;
    }
  };
  const button = element("button", { type: "button", onclick: send }, "Send");
  if (!examples.length) return [element("div", { class: "bar" }, button), output];
  put(examples[0]);
  const menu = element("select", { onchange: () => put(examples[Number(menu.value)]) },
    ...examples.map(({ summary }, index) => new Option(summary, String(index))));
  return [element("div", { class: "bar" }, element("label", {}, "Example ", menu), button),
    element("label", { for: input.id }, "Body"), input, output];
}

function operationCard(id, method, path, described, shapes) {
  const card = element("section", { class: "operation", id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, element("span", { class: "method" }, method), element("code", {}, path)),
    element("p", {}, ...inline(described.description ?? described.summary)));
  const content = described.requestBody?.content["application/json"];
  if (content) card.append(element("h3", {}, "Request"), fieldTable(shapes[nameOf(content.schema)] ?? content.schema));
  const answer = described.responses["200"]?.content?.["application/json"]?.schema;
  if (answer) card.append(element("h3", {}, "Answer"), fieldTable(shapes[nameOf(answer)] ?? answer));
  card.append(element("h3", {}, "Try it"), ...trial(id, method, path, Object.values(content?.examples ?? {})));
  return card;
}

function show({ paths, components: { schemas } }) {
  const cards = [];
  const contents = [];
  let tag = null;
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, described] of Object.entries(methods)) {
      const id = described.operationId;
      if (described.tags?.[0] !== tag) contents.push(element("h2", {}, tag = described.tags[0]));
      contents.push(element("a", { href: `#${id}` }, `${method.toUpperCase()} ${path}`));
      cards.push(operationCard(id, method.toUpperCase(), path, described, schemas));
    }
  }
  contents.push(element("h2", {}, "shapes"));
  for (const [name, schema] of Object.entries(schemas)) {
    contents.push(element("a", { href: `#${anchorOf(name)}` }, name));
    cards.push(element("section", { class: "shape", id: anchorOf(name), "aria-labelledby": `${anchorOf(name)}-title` },
      element("h2", { id: `${anchorOf(name)}-title` }, element("code", {}, name)),
      element("p", {}, ...inline(schema.description)), fieldTable(schema)));
  }
  document.getElementById("contents").replaceChildren(...contents);
  document.getElementById("main").replaceChildren(...cards);
  if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
}

fetch("openapi.json").then((response) => response.json()).then(show)
  .catch((error) => { document.getElementById("main").textContent = error.message; });
