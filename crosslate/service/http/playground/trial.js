/** An operation that can be tried: its parameters, an example to change or a form, and what the server answers. */

import { $, element } from "./dom.js";

const READABLE = /json|text\/|svg/;

/* What a person reads of an answer; of a file its size and type. */
async function readable(response) {
  const type = response.headers.get("content-type") ?? "";
  if (type && !READABLE.test(type)) return `${(await response.blob()).size} bytes, ${type}`;
  const body = await response.text();
  return type.includes("json") ? JSON.stringify(JSON.parse(body), null, 2) : body;
}

/* A field with its label; a file is chosen. */
function fieldOf(name, schema, required) {
  const type = schema.format === "binary" ? "file" : "text";
  const attributes = { name, type, autocomplete: "off", spellcheck: "false", required: required ? "" : null };
  return element("label", {}, element("code", {}, name), " ", element("input", attributes));
}

/* Where it goes: the values of fields put in the path, what else is filled in as the query. */
function addressOf(path, parameters, filled) {
  const [inPath, inQuery] = ["path", "query"].map((place) => parameters.filter((one) => one.in === place));
  const place = inPath.reduce((so, { name }) => so.replace(`{${name}}`, encodeURIComponent(filled.get(name))), path);
  const query = new URLSearchParams(inQuery.map(({ name }) => [name, filled.get(name)]).filter(([, value]) => value));
  return place.replace(/^\//, "") + (query.size ? `?${query}` : "");
}

/* The fields of a form that have a value: one that is empty is as good as left out. */
function formOf(names, filled) {
  const form = new FormData();
  for (const name of names) {
    const value = filled.get(name);
    if (value instanceof File ? value.name : value) form.append(name, value);
  }
  return form;
}

function headersOf(isJson) {
  const key = $("key").value.trim();
  return { ...(isJson && { "Content-Type": "application/json" }), ...(key && { Authorization: `Bearer ${key}` }) };
}

async function show(output, asked) {
  try {
    const response = await asked;
    if (response.status === 401) $("keying").hidden = false;
    output.textContent = `${response.status} ${response.statusText}\n\n${await readable(response)}`;
  } catch (error) {
    output.textContent = `The server does not answer: ${error.message}`;
  }
  output.hidden = false;
}

/* A body to change, and examples to choose it from. */
function bodyOf(id, examples) {
  const body = element("textarea", { id: `${id}-body`, rows: "8", spellcheck: "false" });
  const put = (index) => { body.value = JSON.stringify(examples[index].value, null, 2); };
  const menu = element("select", { onchange: () => put(menu.value) },
    ...examples.map(({ summary }, index) => new Option(summary, String(index))));
  put(0);
  return { body, choice: element("label", {}, "Example ", menu) };
}

/** What stands below "Try it". */
export function trial(id, method, path, { parameters = [], requestBody }, shapeOf) {
  const { "application/json": json, "multipart/form-data": multipart } = requestBody?.content ?? {};
  const output = element("pre", { tabindex: "0", "aria-label": "Answer", hidden: "" });
  const ofForm = multipart ? shapeOf(multipart.schema) : { properties: {} };
  const fields = [...parameters.map(({ name, schema, required }) => fieldOf(name, schema, required)),
    ...Object.entries(ofForm.properties).map(([name, schema]) => fieldOf(name, schema, ofForm.required.includes(name)))];
  const { body, choice } = json ? bodyOf(id, Object.values(json.examples)) : {};
  const send = (event) => {
    event.preventDefault();
    const filled = new FormData(event.target);
    const content = multipart ? formOf(Object.keys(ofForm.properties), filled) : body?.value;
    show(output, fetch(addressOf(path, parameters, filled), { method, headers: headersOf(json), body: content }));
  };
  const button = element("button", { "aria-label": `Send ${method} ${path}` }, "Send");
  return element("form", { onsubmit: send }, element("div", { class: "bar" }, ...(choice ? [choice] : []), ...fields, button),
    ...(body ? [element("label", { for: body.id }, "Body"), body] : []), output);
}
