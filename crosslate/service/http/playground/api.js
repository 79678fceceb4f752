/** What the page asks the server: JSON and streams, with failures in words for the person who reads them. */

import { $ } from "./dom.js";

const BUSY_TRIES = 3;
const LOOK_EVERY_S = 2;
const MOST_RETURNS = 5;
/** Bytes of a text that the server takes. */
export const maxTextBytes = Number(document.body.dataset.maxTextBytes);

const encoder = new TextEncoder();
export const sizeOf = (text) => encoder.encode(text).length;

export class Failure extends Error {}
/** There is no server, or none that takes anything yet: the same may be asked when it is back. */
class Away extends Failure {}
export const isAway = (error) => error instanceof Away;
const AWAY = ["loading", "draining"];
const BROKEN_OFF = "The server broke the answer off. Is it still running?";

const WORDS = {
  key_missing: "This server asks for a key. Give it at the top of this page.",
  queue_full: "The server is busy. Try again in a moment.",
  rate_limited: "That was too much at once for your key. Try again in a moment.",
  quota_exceeded: "Your key has used up what it may translate this month.",
  timeout: "This took longer than the server allows. A shorter text will do.",
  text_too_large: "This text is longer than the server takes at once.",
};

function headers() {
  const key = $("key").value.trim();
  return key && { Authorization: `Bearer ${key}` };
}

/* A form goes as it is, anything else as JSON. */
function request(method, body, signal) {
  if (body === undefined || body instanceof FormData) return { method, body, signal, headers: { ...headers() } };
  return { method, body: JSON.stringify(body), signal, headers: { "Content-Type": "application/json", ...headers() } };
}

async function failureOf(response) {
  if (response.status === 401) $("keying").hidden = false;
  const problem = await response.json().catch(() => ({}));
  const said = WORDS[problem.code] ?? problem.detail ?? problem.title ?? `The server answered ${response.status}.`;
  return AWAY.includes(problem.code) ? new Away(said) : new Failure(said);
}

const pause = (seconds, signal) => new Promise((resolve, reject) => {
  const leave = () => { clearTimeout(timer); reject(signal.reason); };
  const timer = setTimeout(() => { signal?.removeEventListener("abort", leave); resolve(); }, seconds * 1000);
  if (signal?.aborted) leave();
  else signal?.addEventListener("abort", leave, { once: true });
});

/** The answer to a request, which is sent again where the server is busy. */
export async function send(path, method, body, signal) {
  const options = request(method, body, signal);
  for (let tries = 1; ; tries++) {
    let response;
    try {
      response = await fetch(path, options);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Away("The server does not answer. Is it still running?");
    }
    if (response.ok) return response;
    const wait = Number(response.headers.get("Retry-After"));
    if (tries === BUSY_TRIES || ![429, 503].includes(response.status) || !(wait <= 5)) throw await failureOf(response);
    await pause(wait || 1, signal);
  }
}

/** Calls `again` once a server that was away answers, unless something else is asked for before; a few times at
 * most, for it may be the request that it goes away from. */
export async function whenBack(error, signal, tries, again) {
  if (!(error instanceof Away) || tries === MOST_RETURNS) return;
  try {
    do await pause(LOOK_EVERY_S, signal); while (!await fetch("version", { signal }).then(({ ok }) => ok, () => false));
  } catch {
    return;  // it was aborted
  }
  if (!signal.aborted) again(tries + 1);
}

/** The JSON that a path answers; with a body it is a POST. */
export async function ask(path, body, signal) {
  return (await send(path, body ? "POST" : "GET", body, signal)).json();
}

/** Calls `onText` with the text so far of a streamed answer whenever there is more; returns the whole answer. */
export async function streamed(path, body, signal, onText) {
  let written = "";
  let answer = null;
  await stream(path, body, signal, (name, data) => {
    if (name === "token" || name === "segment") onText(written += data.text);
    else if (name === "done") answer = data;
  });
  if (!answer) throw new Away(BROKEN_OFF);
  return answer;
}

async function stream(path, body, signal, onEvent) {
  const response = await send(path, "POST", { ...body, stream: true }, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch((error) => { throw error.name === "AbortError" ? error : new Away(BROKEN_OFF); });
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/s.exec(block) ?? [];
      if (name === "error") throw new Failure(WORDS[JSON.parse(data).code] ?? JSON.parse(data).detail);
      if (name) onEvent(name, JSON.parse(data));
    }
  }
}

/** Why a text cannot be sent as it is, in words; null where it can. */
export function tooLong(text) {
  const size = sizeOf(text);
  if (size <= maxTextBytes) return null;
  const kilobytes = (bytes) => `${Math.ceil(bytes / 1024).toLocaleString("en")} KB`;
  return `This text has ${kilobytes(size)}, and ${kilobytes(maxTextBytes)} can be sent at once: take out about ${kilobytes(size - maxTextBytes)}.`;
}
