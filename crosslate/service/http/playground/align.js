/** Which words belong together in a text and a translation that one has. */

import { ask, tooLong, whenBack } from "./api.js";
import { showAttention } from "./attention.js";
import { $, debounced } from "./dom.js";
import { Editor } from "./editor.js";
import { ALIGN } from "./examples.js";
import { offerExamples } from "./example_menu.js";
import { linkUp, pairsOf } from "./linking.js";

const DELAY_MS = 500;

export class AlignTab {
  constructor(onSettings) {
    this.source = new Editor($("align-source-editor"));
    this.target = new Editor($("align-target-editor"));
    this.work = new AbortController();
    const later = debounced(() => this.run(), DELAY_MS);
    for (const editor of [this.source, this.target]) editor.area.addEventListener("input", later);
    for (const id of ["align-from", "align-to"]) $(id).addEventListener("change", () => { onSettings(); later.now(); });
    offerExamples($("align-examples"), ALIGN, ({ from, to, source, target }) => {
      $("align-from").value = from;
      $("align-from").dispatchEvent(new Event("change"));
      $("align-to").value = to;
      this.source.text = source;
      this.target.text = target;
      later.now();
    });
  }

  async run(tries = 0) {
    this.work.abort();
    this.work = new AbortController();
    const { signal } = this.work;
    const [source, target] = [this.source.text, this.target.text];
    $("align-attention").replaceChildren();
    const problem = tooLong(source + target);
    if (!source.trim() || !target.trim() || problem) return this.#say(problem ?? "", Boolean(problem));
    const pair = { source, target, source_lang: $("align-from").value, target_lang: $("align-to").value };
    try {
      const { alignment } = await ask("v1/align", { ...pair, offset_unit: "utf16" }, signal);
      this.source.show(alignment.source_words);
      this.target.show(alignment.target_words);
      linkUp(this.source, this.target, pairsOf(alignment.pharaoh));
      this.#say(`${alignment.links.length} links. Point at a word, or put the cursor on it, to see its own.`);
      await showAttention($("align-attention"), pair, signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#say(error.message, true);
      whenBack(error, signal, tries, (tried) => this.run(tried));
    }
  }

  #say(text, failed = false) {
    $("align-state").textContent = text;
    $("align-state").classList.toggle("error", failed);
  }
}
