/** Translating as one types. */

import { ask, streamed, tooLong, whenBack } from "./api.js";
import { $, debounced, speak } from "./dom.js";
import { Glossary, termsOf } from "./glossary.js";
import { countInto, Editor } from "./editor.js";
import { TRANSLATE } from "./examples.js";
import { offerExamples } from "./example_menu.js";
import { linkUp } from "./linking.js";
import { flagged, listNotices } from "./notices.js";
import { Preview } from "./preview.js";
import { Result } from "./result.js";
import { SentencePanel } from "./sentence_panel.js";
import { copyFrom, download } from "./taking.js";
import { pairs, sentenceAt, sentenceOf, translationOf, withSentence } from "./translation.js";

const DELAY_MS = 350;

export class TranslateTab {
  constructor(languages, onSettings) {
    this.languages = languages;
    this.editor = new Editor($("text-editor"));
    this.result = new Result($("result"));
    this.panel = new SentencePanel((index, text) => this.#replace(index, text));
    this.work = new AbortController();
    this.preview = new Preview();
    countInto($("text-count"), this.editor);
    const later = debounced(() => this.run(), DELAY_MS);
    this.glossary = new Glossary(later);
    this.editor.area.addEventListener("input", later);
    for (const id of ["from", "to", "format"]) $(id).addEventListener("change", () => { onSettings(); later.now(); });
    $("swap").addEventListener("click", () => this.#swap());
    $("clear").addEventListener("click", () => { this.editor.text = ""; later.now(); this.editor.area.focus(); });
    copyFrom($("copy"), () => this.result.text);
    $("download").addEventListener("click", () => download(this.result.text, $("to").value, $("format").value));
    this.result.describe = (index) => this.#describe(index);
    this.result.onChoose = (index) => this.#open(index);
    offerExamples($("translate-examples"), TRANSLATE, (example) => this.#take(example, later));
  }

  async run(tries = 0) {
    this.work.abort();
    this.work = new AbortController();
    const { signal } = this.work;
    this.panel.close();
    const text = this.editor.text;
    const problem = tooLong(text);
    if (!text.trim() || problem) return this.#settle(null, problem ?? "", Boolean(problem));
    this.#outdate(true);
    try {
      await this.#stream(text, signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#settle(null, error.message, true);
      whenBack(error, signal, tries, (tried) => this.run(tried));
    }
  }

  #options(source) {
    return { source_lang: source || null, target_lang: $("to").value, format: $("format").value, glossary: this.glossary.entries };
  }

  async #stream(text, signal) {
    const body = { text, ...this.#options($("from").value), alignment: "links", offset_unit: "utf16" };
    const { translations } = await streamed("v1/translate", body, signal, (written) => this.result.stream(written));
    this.sourceLang = translations[0].source_lang;
    this.#settle(translationOf(text, translations[0]), "");
  }

  /* Show what there is: a translation, or a word on why there is none. */
  #settle(translation, state, failed = false) {
    this.translation = translation;
    this.#outdate(false);
    this.#say(state, failed);
    $("detected").textContent = "";
    this.preview.show(translation?.target ?? "", $("format").value, $("to").value);
    this.glossary.tell(translation?.terms ?? []);
    listNotices($("notices"), translation?.warnings ?? [], (warning) => this.#goTo(warning));
    if (!translation) {
      this.editor.show([]);
      this.result.stream("");
      return;
    }
    const { target, sourceWords, targetWords, warnings, detected, terms } = translation;
    this.editor.show(sourceWords, [...flagged(warnings, "source"), ...termsOf(terms, "source_span")]);
    this.result.host.lang = $("to").value;
    this.result.show(target, targetWords, [...flagged(warnings, "target"), ...termsOf(terms, "span")]);
    linkUp(this.editor, this.result, pairs(translation));
    speak(warnings.length ? `Translated. Warnings: ${warnings.length}` : "Translated");
    if (detected) {
      $("detected").textContent = `${this.languages.name(detected.lang)}, detected (${Math.round(100 * detected.confidence)} % sure)`;
    }
  }

  /* What is about the text before this one, as long as nothing is known of this one. */
  #outdate(yes) {
    this.result.waiting(yes);
    for (const id of ["detected", "notices"]) $(id).classList.toggle("outdated", yes);
  }

  #say(state, failed = false) {
    $("result-state").textContent = state;
    $("result-state").classList.toggle("error", failed);
  }

  #describe(index) {
    const { source, target, sourceWords, targetWords } = this.translation;
    const from = pairs(this.translation).filter(([, t]) => t === index).map(([s]) => source.slice(...sourceWords[s]));
    return `${target.slice(...targetWords[index])}: ${from.length ? `from ${from.join(" ")}` : "from no word"}`;
  }

  #open(index) {
    const sentence = sentenceAt(this.translation, this.translation.targetWords[index]);
    if (sentence >= 0) this.panel.open(sentence, sentenceOf(this.translation, sentence), this.#options(this.sourceLang));
  }

  async #replace(index, text) {
    const translation = this.translation;
    const { source } = sentenceOf(translation, index);
    const languages = { source_lang: this.sourceLang, target_lang: $("to").value };
    try {
      const { alignment } = await ask("v1/align", { source, target: text, ...languages, offset_unit: "utf16" });
      if (this.translation !== translation) return;  // another text has come meanwhile
      this.#settle(withSentence(translation, index, text, alignment), "");
      this.panel.close();
      this.result.host.focus();
    } catch (error) {
      this.#say(error.message, true);
    }
  }

  #goTo({ source }) {
    if (source) this.editor.select(source);
  }

  #swap() {
    const [source, target] = [$("from").value || this.sourceLang, $("to").value];
    if (!source || !this.languages.serves(target, source)) return;
    const text = this.result.text;
    $("from").value = target;
    $("from").dispatchEvent(new Event("change"));
    $("to").value = source;
    if (text) this.editor.text = text;
    $("to").dispatchEvent(new Event("change"));
  }

  #take({ from, format, text }, later) {
    $("from").value = this.languages.sources.some(({ lang }) => lang === from) ? from : "";
    $("from").dispatchEvent(new Event("change"));
    $("format").value = format ?? "text";
    this.editor.text = text;
    later.now();
  }
}
