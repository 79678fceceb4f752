/** The reference of the API, drawn from its OpenAPI description; each operation can be tried. */

import { element } from "./dom.js";
import { trial } from "./trial.js";

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
  return [schema.format === "binary" ? "file" : schema.type ?? "any"];
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

/* Each status with the codes that its problems may have. */
function failuresOf(responses) {
  const failed = Object.entries(responses).filter(([status]) => !status.startsWith("2"));
  const item = ([status, { description }]) => element("li", {}, ...(status === "default" ? [] : [status, " "]), ...inline(description));
  return element("details", {}, element("summary", {}, "Failures"), element("ul", {}, ...failed.map(item)));
}

/* The shape of what is answered where all is well. */
function answerOf(responses) {
  const good = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  return good.map(([, { content }]) => content?.["application/json"]?.schema).find(Boolean);
}

function operationCard(id, method, path, described, shapes) {
  const shapeOf = (schema) => shapes[nameOf(schema)] ?? schema;
  const card = element("section", { class: "operation", id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, element("span", { class: "method" }, method), " ", element("code", {}, path)),
    element("p", {}, ...inline(described.description ?? described.summary)));
  const [content] = Object.values(described.requestBody?.content ?? {});
  if (content) card.append(element("h3", {}, "Request"), fieldTable(shapeOf(content.schema)));
  const answer = answerOf(described.responses);
  if (answer) card.append(element("h3", {}, "Answer"), fieldTable(shapeOf(answer)));
  card.append(failuresOf(described.responses), element("h3", {}, "Try it"), trial(id, method, path, described, shapeOf));
  return card;
}

/* A path may be parted before each of its slashes. */
function inContents(id, method, path) {
  const parts = path.split(/(?=\/)/).flatMap((part) => [element("wbr"), part]);
  return element("a", { href: `#${id}` }, `${method} `, ...parts);
}

function show({ paths, components: { schemas } }) {
  const cards = [];
  const contents = [];
  let tag = null;
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, described] of Object.entries(methods)) {
      const id = described.operationId;
      if (described.tags?.[0] !== tag) contents.push(element("h2", {}, tag = described.tags[0]));
      contents.push(inContents(id, method.toUpperCase(), path));
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
