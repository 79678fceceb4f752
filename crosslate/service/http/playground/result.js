/** A text that was answered: its words or sentences can be pointed at, gone through by key, and marked. */

import { speak } from "./dom.js";
import { fill, mark, unitOf } from "./units.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class Result {
  constructor(host) {
    this.host = host;
    this.stream("");
    this.onUnit = () => {};
    this.onChoose = () => {};
    this.describe = () => "";
    host.addEventListener("pointerover", (event) => this.onUnit(unitOf(event.target)));
    host.addEventListener("pointerleave", () => this.onUnit(null));
    host.addEventListener("click", (event) => this.#choose(unitOf(event.target)));
    host.addEventListener("keydown", (event) => this.#key(event));
    host.addEventListener("blur", () => this.#go(null));
  }

  /** While an answer comes: its text so far, which cannot be pointed at yet. */
  stream(text) {
    this.waiting(false);
    this.show(text, []);
  }

  /** An answer that is about to be replaced. */
  waiting(yes) { this.host.classList.toggle("waiting", yes); }

  /** `spans` can be pointed at; see `fill`. */
  show(text, spans, extra = []) {
    this.text = text;
    this.here = null;
    this.units = fill(this.host, text, spans, extra);
  }

  mark(indices) { mark(this.units, indices); }

  #key(event) {
    const step = STEPS[event.key];
    if (step && this.units.length) {
      event.preventDefault();
      const from = this.here ?? (step > 0 ? -1 : this.units.length);
      this.#go(Math.min(Math.max(from + step, 0), this.units.length - 1));
    } else if (event.key === "Enter" && this.here !== null) {
      event.preventDefault();
      this.onChoose(this.here);
    }
  }

  #go(index) {
    this.here = index;
    mark(this.units, index === null ? [] : [index], "here");
    if (index !== null) speak(this.describe(index));
    this.onUnit(index);
  }

  #choose(index) {
    if (index !== null && getSelection().isCollapsed) this.onChoose(index);  // selecting text is not choosing
  }
}
