/** One sentence of a translation: its other translations, and its attention. */

import { showAttention } from "./attention.js";
import { ask } from "./api.js";
import { $, element } from "./dom.js";

const NUM_ALTERNATIVES = 4;

export class SentencePanel {
  /** `onReplace(index, text)`: another translation was chosen for the sentence of this index. */
  constructor(onReplace) {
    this.onReplace = onReplace;
    this.work = new AbortController();
    $("sentence-close").addEventListener("click", () => { this.close(); $("result").focus(); });
  }

  close() {
    this.work.abort();
    $("sentence").hidden = true;
  }

  /** `sentence` has both texts; `options` are those that the whole was translated with. */
  async open(index, sentence, options) {
    this.work.abort();
    this.work = new AbortController();
    const { signal } = this.work;
    $("sentence").hidden = false;
    $("sentence-title").focus();
    const pair = { source: sentence.source, target: sentence.target, source_lang: options.source_lang, target_lang: options.target_lang };
    await Promise.all([
      guarded($("alternatives"), () => this.#alternatives(index, sentence, options, signal)),
      guarded($("sentence-attention"), () => showAttention($("sentence-attention"), pair, signal)),
    ]);
  }

  async #alternatives(index, { source, target }, options, signal) {
    $("alternatives").textContent = "…";
    const body = { ...options, text: source, num_alternatives: NUM_ALTERNATIVES, generation: { num_beams: NUM_ALTERNATIVES + 1 } };
    const [{ text, score, alternatives }] = (await ask("v1/translate", body, signal)).translations;
    const others = [{ text, score }, ...alternatives].filter((one) => one.text !== target);
    const item = (one) => element("li", {}, element("button", { type: "button", onclick: () => this.onReplace(index, one.text) },
      one.text, " ", element("span", { class: "score", title: "mean log-probability of a token" }, one.score.toFixed(2))));
    $("alternatives").replaceChildren(...(others.length ? others.map(item) : [element("li", {}, "None that is different.")]));
  }
}

async function guarded(host, work) {
  try {
    await work();
  } catch (error) {
    if (error.name !== "AbortError") host.replaceChildren(element("span", { class: "error" }, error.message));
  }
}
