/** Taking a text away: by the clipboard or as a file. */

import { element } from "./dom.js";

const DONE_MS = 1500;

/** A button that copies `text()`, and says so. */
export function copyFrom(button, text) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await copy(text());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, DONE_MS);
  });
}

/* The clipboard is only for pages over HTTPS or of this machine, and where the browser's user allows it. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copySelected(text);
  }
}

function copySelected(text) {
  const area = element("textarea", {});
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** Saves a translation into `lang`. */
export function download(text, lang, format) {
  const extension = { markdown: "md", html: "html", xml: "xml" }[format] ?? "txt";
  save(new Blob([text], { type: "text/plain" }), `translation.${lang}.${extension}`);
}

/** Saves a file under a name. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
