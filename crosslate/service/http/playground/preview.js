/** A translated HTML text as a browser would show it: in a frame without scripts, under this page's own policy. */

import { $ } from "./dom.js";

export class Preview {
  constructor() {
    this.frame = $("preview");
    this.button = $("preview-toggle");
    this.button.addEventListener("click", () => this.#open(this.frame.hidden));
  }

  /** Offers to show `text` where its format is HTML. */
  show(text, format, lang) {
    const has = format === "html" && text !== "";
    this.button.hidden = !has;
    if (!has) this.#open(false);
    this.frame.lang = lang;
    this.frame.srcdoc = has ? text : "";
  }

  #open(yes) {
    this.frame.hidden = !yes;
    this.button.setAttribute("aria-expanded", String(yes));
    this.button.textContent = yes ? "Hide the page" : "Show as a page";
  }
}
