/** The attention of one sentence as a table: a row for each word piece written, a column for each one read. */

import { ask } from "./api.js";
import { element } from "./dom.js";

const MAX_TOKENS = 80;

const LINKED = "linked";
const CAPTIONS = {
  linked: "Each row says from which pieces of the text that piece comes; the links are made of this.",
  output: "Each row says where the model looked when it wrote that piece.",
  input: "Each row says where the model looked right after it had written that piece, and read it.",
};

/** Shows the maps of a pair in `host`: the one it is linked by and, where the server gives them, those of every layer and head. */
export async function showAttention(host, pair, signal) {
  host.textContent = "…";
  const linked = await align("matrix", pair, signal);
  const full = await align("full", pair, signal).catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;  // more numbers than this server sends
  });
  const { source_tokens: sources, target_tokens: targets, method } = linked;
  if (sources.length > MAX_TOKENS || targets.length > MAX_TOKENS) {
    host.textContent = `A map of more than ${MAX_TOKENS} word pieces is not drawn here.`;
    return;
  }
  const place = element("div", { class: "map", tabindex: "0", role: "region", "aria-label": "Attention map" });
  const show = (maps, layer, head, caption) => place.replaceChildren(table(sources, targets, weights(maps, layer, head), caption));
  const showLinked = () => show(mapsOf(linked, [1, 1]), 0, 0, CAPTIONS.linked);
  host.replaceChildren(...(full ? [controls(mapsOf(full), method.row, show, showLinked)] : []), place);
  showLinked();
}

async function align(level, pair, signal) {
  const answer = await ask("v1/align", { ...pair, alignment: level, offset_unit: "utf16" }, signal);
  return answer.alignment;
}

function mapsOf({ matrix, source_tokens: sources, target_tokens: targets }, [layers, heads] = matrix.shape) {
  return { values: decodeFloat16(matrix.data), shape: [layers, heads, targets.length, sources.length] };
}

/* What chooses between the map of the links and those of all layers and heads. */
function controls(maps, row, show, showLinked) {
  const layer = choice("Layer", maps.shape[0], ["as linked", LINKED]);
  const head = choice("Head", maps.shape[1], ["mean of all", "mean"]);
  const heads = element("label", { hidden: "" }, "Head ", head);
  const draw = () => {
    heads.hidden = layer.value === LINKED;
    if (heads.hidden) showLinked();
    else show(maps, layer.value, head.value, CAPTIONS[row]);
  };
  for (const one of [layer, head]) one.addEventListener("change", draw);
  return element("div", { class: "bar" }, element("label", {}, "Layer ", layer), heads);
}

/* The first choice, which is taken at first, and numbers from 1. */
function choice(label, count, [text, value]) {
  const select = element("select", { "aria-label": label });
  select.add(new Option(text, value));
  for (let index = 0; index < count; index++) select.add(new Option(String(index + 1), String(index)));
  return select;
}

/* (L, H, T, S), row-major -> rows of one head, or of the mean of all. */
function weights({ values, shape: [, heads, rows, columns] }, layer, head) {
  const chosen = head === "mean" ? [...Array(heads).keys()] : [Number(head)];
  const at = (h, t, s) => values[((Number(layer) * heads + h) * rows + t) * columns + s];
  return Array.from({ length: rows }, (_, t) => Array.from({ length: columns }, (_, s) =>
    chosen.reduce((sum, h) => sum + at(h, t, s), 0) / chosen.length));
}

function table(sources, targets, rows, caption) {
  const head = element("tr", {}, element("td"), ...sources.map(({ text }) => element("th", { scope: "col" }, visible(text))));
  const body = targets.map(({ text }, t) => element("tr", {}, element("th", { scope: "row" }, visible(text)),
    ...rows[t].map((weight, s) => {
      const cell = element("td", { title: `${visible(text)} ← ${visible(sources[s].text)}: ${Math.round(100 * weight)} %` });
      cell.style.setProperty("--weight", weight.toFixed(3));
      return cell;
    })));
  return element("table", {},
    element("caption", {}, caption),
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
