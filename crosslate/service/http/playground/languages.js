/** The languages that are served, and the fields that choose among them. */

import { ask } from "./api.js";

/* The reader's languages; English last, since most texts that are tried are in it. */
const LIKELY = navigator.languages.map((tag) => tag.split("-")[0]).filter((lang) => lang !== "en");

export class Languages {
  static async load() { return new Languages((await ask("v1/languages")).data); }

  constructor(languages) {
    this.sources = languages;
    this.names = Object.fromEntries(languages.map(({ lang, name }) => [lang, name]));
    this.known = new Intl.DisplayNames(["en"], { type: "language" });
  }

  name(lang) { return this.names[lang] ?? this.known.of(lang) ?? lang; }

  targetsOf(source) {
    const chosen = this.sources.filter(({ lang }) => !source || lang === source);
    return [...new Set(chosen.flatMap(({ targets }) => targets))].sort((a, b) => this.name(a).localeCompare(this.name(b)));
  }

  /** Fills the two fields; the targets follow the source. `detect` offers to find the source out. */
  fill(from, to, { detect }) {
    if (detect) from.add(new Option("Detect it", ""));
    for (const { lang } of this.sources) from.add(new Option(this.name(lang), lang));
    const refill = () => {
      const kept = to.value;
      to.replaceChildren(...this.targetsOf(from.value).map((lang) => new Option(this.name(lang), lang)));
      const offered = [...to.options].map(({ value }) => value);
      to.value = [kept, ...LIKELY, ...offered.filter((lang) => lang !== "en"), ...offered].find((lang) => offered.includes(lang) && lang !== from.value) ?? "";
    };
    from.addEventListener("change", refill);
    refill();
  }

  serves(source, target) { return this.targetsOf(source).includes(target); }
}
