/** The page's settings in its address: what to do and in which languages, never a text. */

const FIELDS = {
  translate: ["from", "to", "format"],
  summarize: ["length", "style"],
  align: ["align-from", "align-to"],
  documents: ["documents-from", "documents-to"],
};

/** `#translate?from=en&to=pt` */
export function addressOf(tab) {
  const settings = FIELDS[tab].map((id) => [id, document.getElementById(id).value]).filter(([, value]) => value);
  return `#${tab}?${new URLSearchParams(settings)}`;
}

/** Sets the fields as the address has them; returns its tab. */
export function readAddress() {
  const [tab, settings] = location.hash.slice(1).split("?");
  if (!(tab in FIELDS)) return "translate";
  for (const [id, value] of new URLSearchParams(settings)) {
    const field = FIELDS[tab].includes(id) ? document.getElementById(id) : null;
    if (field && [...field.options].some((option) => option.value === value)) field.value = value;
  }
  return tab;
}

/** Keep the address at what is shown. */
export function rememberAddress(tab) {
  history.replaceState(null, "", addressOf(tab));
}
