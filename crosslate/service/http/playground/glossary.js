/** Terms that a translation is held to, typed into a small table. */

import { $, element } from "./dom.js";

/** The places of terms on one side, `source_span` or `span`, as `fill` takes them. */
export function termsOf(terms, side) {
  return terms.filter((term) => term[side]).map((term) => ({ span: term[side], name: term.enforced ? "term" : "flagged" }));
}

const REASONS = {
  inflected: "it stands there in another form, whose translation is not known",
  not_linked: "no word of the translation is clearly its own",
  overlapping: "another term stands in its place",
};

export class Glossary {
  /** `later` is called when a term was changed. */
  constructor(later) {
    this.rows = $("glossary-rows");
    this.later = later;
    $("glossary-add").addEventListener("click", () => this.#add().querySelector("input").focus());
    this.#add();
  }

  /** Those that have both sides, as a request takes them. */
  get entries() {
    return [...this.rows.children].map((row) => [...row.querySelectorAll("input")].map(({ value }) => value.trim()))
      .filter(([source, target]) => source && target).map(([source, target]) => ({ source, target }));
  }

  /** Says how many terms of a translation were found, and which of them do not stand in it. */
  tell(terms) {
    const missed = terms.filter(({ enforced }) => !enforced);
    const lines = missed.map(({ source, target, reason }) => `${source}: not ${target}, ${REASONS[reason] ?? reason}`);
    const found = terms.length ? `${terms.length - missed.length} of ${terms.length} terms in the text stand in the translation.` : "No term stands in the text.";
    $("glossary-state").textContent = this.entries.length ? [found, ...lines].join(" ") : "";
  }

  #add() {
    const field = (label) => element("input", { type: "text", "aria-label": label, spellcheck: "false", oninput: () => this.later() });
    const drop = element("button", { type: "button", "aria-label": "Remove this term", onclick: () => { row.remove(); this.later.now(); } }, "×");
    const row = element("tr", {}, element("td", {}, field("Term")), element("td", {}, field("Its translation")), element("td", {}, drop));
    this.rows.append(row);
    return row;
  }
}
