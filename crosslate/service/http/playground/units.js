/** A text on the page, cut so that some of its spans can be pointed at and marked. Spans count UTF-16 units. */

/**
 * Fills `host` with `text`. `spans`, in order and apart, become units; `extra` are `{ span, name }` with a class
 * of their own, wherever they lie. Returns the elements of each unit.
 */
export function fill(host, text, spans, extra = []) {
  const cuts = [...new Set([0, text.length, ...spans.flat(), ...extra.flatMap(({ span }) => span)])].sort((a, b) => a - b);
  const units = spans.map(() => []);
  let next = 0;
  host.replaceChildren(...cuts.slice(0, -1).map((from, index) => {
    const to = cuts[index + 1];
    const piece = document.createElement("span");
    piece.textContent = text.slice(from, to);
    while (next < spans.length && spans[next][1] <= from) next++;
    if (next < spans.length && spans[next][0] <= from) {
      piece.dataset.unit = next;
      units[next].push(piece);
    }
    for (const { span, name } of extra) if (span[0] <= from && to <= span[1]) piece.classList.add(name);
    return piece;
  }));
  return units;
}

/** Marks the units of these indices, and no others. */
export function mark(units, indices, name = "linked") {
  const marked = new Set(indices);
  units.forEach((pieces, index) => pieces.forEach((piece) => piece.classList.toggle(name, marked.has(index))));
}

/** The unit of an element, or null. */
export const unitOf = (target) => (target?.dataset?.unit === undefined ? null : Number(target.dataset.unit));
