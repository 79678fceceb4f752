/** Small helpers for the document. */

export const $ = (id) => document.getElementById(id);

/** An element with attributes and children; `on…` attributes are listeners. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Calls `work` once nothing has called for `delay` ms; `now` does not wait. */
export function debounced(work, delay) {
  let timer = 0;
  const later = () => { clearTimeout(timer); timer = setTimeout(work, delay); };
  later.now = () => { clearTimeout(timer); work(); };
  return later;
}

/** Tells people who listen to the page. */
export function speak(text) {
  $("spoken").textContent = text;
}
