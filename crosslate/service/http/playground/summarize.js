/** Summaries, and what they rest on. */

import { streamed, tooLong, whenBack } from "./api.js";
import { $, debounced } from "./dom.js";
import { countInto, Editor } from "./editor.js";
import { SUMMARIZE } from "./examples.js";
import { offerExamples } from "./example_menu.js";
import { linkUp } from "./linking.js";
import { flagged, listNotices } from "./notices.js";
import { Result } from "./result.js";
import { copyFrom } from "./taking.js";

const DELAY_MS = 600;
/** Below this share of the attention a source sentence is not marked. */
const LEAST_MASS = 0.2;

export class SummarizeTab {
  constructor(onSettings) {
    this.editor = new Editor($("article-editor"));
    this.result = new Result($("summary"));
    this.work = new AbortController();
    countInto($("article-count"), this.editor);
    const later = debounced(() => this.run(), DELAY_MS);
    this.editor.area.addEventListener("input", later);
    $("query").addEventListener("input", later);
    for (const id of ["length", "style"]) $(id).addEventListener("change", () => { onSettings(); later.now(); });
    copyFrom($("summary-copy"), () => this.result.text);
    this.result.describe = (index) => this.result.text.slice(...this.sentences[index].target);
    offerExamples($("summarize-examples"), SUMMARIZE, ({ text }) => { this.editor.text = text; later.now(); });
  }

  async run(tries = 0) {
    this.work.abort();
    this.work = new AbortController();
    const { signal } = this.work;
    const text = this.editor.text;
    const problem = tooLong(text);
    if (!text.trim() || problem) return this.#fail(problem ?? "", Boolean(problem));
    this.result.waiting(true);
    $("summary-state").textContent = "Reading …";
    try {
      await this.#stream(text, signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#fail(error.message, true);
      whenBack(error, signal, tries, (tried) => this.run(tried));
    }
  }

  async #stream(text, signal) {
    const body = { text, length: $("length").value, style: $("style").value, query: $("query").value.trim() || null,
      alignment: "sentences", offset_unit: "utf16" };
    const { summaries } = await streamed("v1/summarize", body, signal, (written) => this.result.stream(written));
    this.#show(text, summaries[0]);
  }

  #fail(state, failed) {
    this.#state(state, failed);
    listNotices($("summary-notices"), [], () => {});
    this.editor.show([]);
    this.result.stream("");
  }

  #state(text, failed = false) {
    this.result.waiting(false);
    $("summary-state").textContent = text;
    $("summary-state").classList.toggle("error", failed);
  }

  #show(text, { text: summary, alignment, warnings }) {
    this.sentences = alignment.sentences;
    const rests = this.sentences.map(({ sources }) => sources.filter(({ mass }) => mass >= LEAST_MASS).map(({ source }) => source));
    const sources = [...new Map(rests.flat().map((span) => [span[0], span])).values()].sort((a, b) => a[0] - b[0]);
    const place = new Map(sources.map(([start], index) => [start, index]));
    this.editor.show(sources, [...sources.map((span) => ({ span, name: "based" })), ...flagged(warnings, "source")]);
    this.result.show(summary, this.sentences.map(({ target }) => target), flagged(warnings, "target"));
    linkUp(this.editor, this.result, rests.flatMap((spans, t) => spans.map(([start]) => [place.get(start), t])));
    const words = (one) => one.split(/\s+/).filter(Boolean).length;
    this.#state(`${words(summary)} of ${words(text)} words`);
    listNotices($("summary-notices"), warnings, ({ source }) => source && this.editor.select(source));
  }
}
