/** Warnings of an answer: marked at their places, and listed in words. */

import { element } from "./dom.js";

/** The places of warnings on one side, as `fill` takes them. */
export function flagged(warnings, side) {
  return warnings.filter((warning) => warning[side]).map((warning) => ({ span: warning[side], name: "flagged" }));
}

/** Lists them in `host`; where there is a `go`, choosing one calls `go(warning)`. */
export function listNotices(host, warnings, go) {
  const shown = (warning) =>
    (go ? element("button", { type: "button", onclick: () => go(warning) }, warning.message) : element("p", {}, warning.message));
  host.replaceChildren(...warnings.map((warning) => element("li", {}, shown(warning))));
}
