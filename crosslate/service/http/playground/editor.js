/** A text field whose words can be marked where they stand, without moving or changing the text. */

import { maxTextBytes, sizeOf } from "./api.js";
import { fill, mark, unitOf } from "./units.js";

export class Editor {
  /** `host` holds a textarea, and behind it a layer with the same text in which marks show. */
  constructor(host) {
    this.area = host.querySelector("textarea");
    this.layer = host.querySelector(".marks");
    this.onUnit = () => {};
    this.area.addEventListener("input", () => this.show([]));
    host.addEventListener("pointermove", (event) => this.onUnit(this.#unitUnder(event)));
    host.addEventListener("pointerleave", () => this.onUnit(null));
    for (const name of ["keyup", "click"]) this.area.addEventListener(name, () => this.onUnit(this.#unitAtCaret()));
    this.area.addEventListener("blur", () => this.onUnit(null));
    this.show([]);
  }

  get text() { return this.area.value; }

  set text(text) {
    this.area.value = text;
    this.area.dispatchEvent(new Event("input"));
  }

  /** `spans` can be pointed at and marked; see `fill`. The layer's text gives the field its height. */
  show(spans, extra = []) {
    this.spans = spans;
    this.units = fill(this.layer, this.text, spans, extra);
    this.layer.append("\u200b");  // so that a last line that is empty has a height
  }

  mark(indices) { mark(this.units, indices); }

  select([from, to]) {
    this.area.focus();
    this.area.setSelectionRange(from, to);
  }

  #unitUnder({ clientX, clientY }) {
    return unitOf(document.elementsFromPoint(clientX, clientY).find((one) => one.parentNode === this.layer));
  }

  #unitAtCaret() {
    const at = this.area.selectionStart;
    const index = this.spans.findIndex(([from, to]) => from <= at && at <= to);
    return index < 0 ? null : index;
  }
}

/** Says in `place` how long the editor's text is, and how much of what may be sent once that is near. */
export function countInto(place, editor) {
  const kilobytes = (bytes) => (bytes / 1024).toLocaleString("en", { maximumFractionDigits: 0 });
  const show = () => {
    const size = sizeOf(editor.text);
    place.textContent = size > 0.8 * maxTextBytes
      ? `${kilobytes(size)} of ${kilobytes(maxTextBytes)} KB`
      : `${editor.text.length.toLocaleString("en")} characters`;
    place.classList.toggle("over", size > maxTextBytes);
  };
  editor.area.addEventListener("input", show);
  show();
}
