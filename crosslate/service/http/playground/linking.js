/** Two texts whose units belong together: pointing at one marks it and what it is linked with. */

/** `links` are pairs of indices: a unit of `source`, one of `target`; both are an `Editor` or a `Result`. */
export function linkUp(source, target, links) {
  const of = (side, index) => links.filter((link) => link[side] === index).map((link) => link[1 - side]);
  const show = (sources, targets) => { source.mark(sources); target.mark(targets); };
  source.onUnit = (index) => (index === null ? show([], []) : show([index], of(0, index)));
  target.onUnit = (index) => (index === null ? show([], []) : show(of(1, index), [index]));
}

/** Pairs of indices from Pharaoh's form, `0-0 1-2`. */
export const pairsOf = (pharaoh) => pharaoh.split(" ").filter(Boolean).map((pair) => pair.split("-").map(Number));
