/** Tabs, as https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ has them. */

import { $ } from "./dom.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

export class Tabs {
  /** Those of `names` are offered; `onChange(name)` when another is chosen. */
  constructor(names, onChange) {
    this.names = names;
    this.onChange = onChange;
    for (const tab of $("tabs").children) {
      const name = tab.getAttribute("aria-controls");
      tab.hidden = !names.includes(name);
      tab.addEventListener("click", () => this.choose(name));
      tab.addEventListener("keydown", (event) => this.#key(event, name));
    }
  }

  choose(name) {
    this.chosen = this.names.includes(name) ? name : this.names[0];
    for (const tab of $("tabs").children) {
      const panel = tab.getAttribute("aria-controls");
      const here = panel === this.chosen;
      tab.setAttribute("aria-selected", String(here));
      tab.tabIndex = here ? 0 : -1;
      $(panel).hidden = !here;
    }
    this.onChange(this.chosen);
  }

  #key(event, name) {
    const step = STEPS[event.key];
    if (!step) return;
    const next = this.names[(this.names.indexOf(name) + step + this.names.length) % this.names.length];
    this.choose(next);
    $(`tab-${next}`).focus();
  }
}
