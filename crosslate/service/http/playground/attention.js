/** The attention of one sentence as a table: a row for each word piece written, a column for each one read. */

import { ask } from "./api.js";
import { element } from "./dom.js";

const MAX_TOKENS = 80;

/** Shows the maps of a pair in `host`: of every layer and head where the server gives them, else the one it aligns by. */
export async function showAttention(host, pair, signal) {
  host.textContent = "…";
  let level = "full";
  const answer = await ask("v1/align", { ...pair, alignment: level, offset_unit: "utf16" }, signal).catch((error) => {
    if (error.name === "AbortError") throw error;
    level = "matrix";
    return ask("v1/align", { ...pair, alignment: level, offset_unit: "utf16" }, signal);
  });
  const { matrix, source_tokens: sources, target_tokens: targets } = answer.alignment;
  if (sources.length > MAX_TOKENS || targets.length > MAX_TOKENS) {
    host.textContent = `A map of more than ${MAX_TOKENS} word pieces is not drawn here.`;
    return;
  }
  const values = decodeFloat16(matrix.data);
  const [layers, heads] = level === "full" ? matrix.shape : [1, 1];
  const place = element("div", { class: "map", tabindex: "0", role: "region", "aria-label": "Attention map" });
  const layer = choice("Layer", layers, null, layers - 1);
  const head = choice("Head", heads, "mean of all", "mean");
  const draw = () => place.replaceChildren(
    table(sources, targets, weights(values, [heads, targets.length, sources.length], layer.value, head.value)));
  for (const one of [layer, head]) one.addEventListener("change", draw);
  const controls = level === "full"
    ? [element("div", { class: "bar" }, element("label", {}, "Layer ", layer), element("label", {}, "Head ", head))]
    : [];
  host.replaceChildren(...controls, place);
  draw();
}

function choice(label, count, all, chosen) {
  const select = element("select", { "aria-label": label });
  if (all) select.add(new Option(all, "mean"));
  for (let index = 0; index < count; index++) select.add(new Option(String(index + 1), String(index)));
  select.value = String(chosen);
  return select;
}

/* (L, H, T, S), row-major -> rows of one head, or of the mean of all. */
function weights(values, [heads, rows, columns], layer, head) {
  const chosen = head === "mean" ? [...Array(heads).keys()] : [Number(head)];
  const at = (h, t, s) => values[((Number(layer) * heads + h) * rows + t) * columns + s];
  return Array.from({ length: rows }, (_, t) => Array.from({ length: columns }, (_, s) =>
    chosen.reduce((sum, h) => sum + at(h, t, s), 0) / chosen.length));
}

function table(sources, targets, rows) {
  const head = element("tr", {}, element("td"), ...sources.map(({ text }) => element("th", { scope: "col" }, visible(text))));
  const body = targets.map(({ text }, t) => element("tr", {}, element("th", { scope: "row" }, visible(text)),
    ...rows[t].map((weight, s) => {
      const cell = element("td", { title: `${visible(text)} ← ${visible(sources[s].text)}: ${Math.round(100 * weight)} %` });
      cell.style.setProperty("--weight", weight.toFixed(3));
      return cell;
    })));
  return element("table", {},
    element("caption", {}, "Each row says where the model looked when it wrote that piece."),
    element("thead", {}, head), element("tbody", {}, ...body));
}

const visible = (piece) => piece.replaceAll("▁", "·");

/* Little-endian half floats in Base64 -> numbers. */
function decodeFloat16(data) {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 2 }, (_, index) => {
    const half = view.getUint16(2 * index, true);
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    return exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024);
  });
}
