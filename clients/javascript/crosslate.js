/** A client for Crosslate's own API. Types and what each thing is for: crosslate.d.ts. */

const FIRST_WAIT_MS = 250;
const LONGEST_GUESS_MS = 8000;
const FIRST_LOOK_MS = 100;
const LONGEST_LOOK_MS = 2000;
const REFUSED = [429, 503];  // the server has done nothing: whatever was asked may be asked again
const ABSENCE_MS = 600_000;  // longer than a server takes to start anew
const PASSING = [429, 502, 503, 504];  // it, or a proxy before it, is not there or has no time
const LOST = [502];  // it may have done it: only what changes nothing may be asked again
const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "ERR_INVALID_URL"];

export class CrosslateError extends Error {
  get name() { return this.constructor.name; }
}

export class ConnectionFailedError extends CrosslateError {
  constructor(message, { wasSent, hasTimedOut = false, cause }) {
    super(message, { cause });
    Object.assign(this, { wasSent, hasTimedOut });
  }
}

export class ApiError extends CrosslateError {
  constructor(problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail}${problem.request_id ? ` (request ${problem.request_id})` : ""}`);
    this.problem = problem;
    this.code = problem.code;
    this.status = problem.status;
  }
}

export class DocumentFailedError extends CrosslateError {
  constructor({ code, detail }) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}

export class Client {
  #url; #key; #timeoutMs; #retries; #fetch;

  constructor(url, { apiKey = null, timeoutMs = 330_000, retries = {}, fetch = globalThis.fetch.bind(globalThis) } = {}) {
    if (/^(?!https?:)[\w.+-]+:/i.test(url)) throw new TypeError(`${url} is no address of a server: write it as http://localhost:8000`);
    this.#url = String(url).replace(/\/+$/, "");
    this.#key = apiKey;
    this.#timeoutMs = timeoutMs;
    this.#retries = { maxTries: 4, maxWaitMs: 30_000, ...retries };
    this.#fetch = fetch;
    const ask = (call) => this.#json(call);
    this.glossaries = new Glossaries(ask);
    this.documents = new Documents(ask, (call, read) => this.#sent(call, read));
  }

  async translate(text, options) { return (await this.translateAll([oneText(text)], options)).translations[0]; }

  async translateAll(texts, options) { return this.#json(textCall("/v1/translate", severalTexts(texts), options)); }

  streamTranslation(text, options) {
    return this.#events(textCall("/v1/translate", oneText(text), { ...options, stream: true }), (answer) => answer.translations[0]);
  }

  async summarize(text, options) { return (await this.summarizeAll([oneText(text)], options)).summaries[0]; }

  async summarizeAll(texts, options) { return this.#json(textCall("/v1/summarize", severalTexts(texts), options)); }

  streamSummary(text, options) {
    return this.#events(textCall("/v1/summarize", oneText(text), { ...options, stream: true }), (answer) => answer.summaries[0]);
  }

  align(source, target, { signal, ...options } = {}) {
    return this.#json({ ...post("/v1/align", { source, target, offset_unit: "utf16", ...options }), signal });
  }

  async detect(text, { signal } = {}) { return (await this.detectAll([text], { signal }))[0]; }

  async detectAll(texts, { signal } = {}) {
    return (await this.#json({ ...post("/v1/detect", { text: severalTexts(texts) }), signal })).detections;
  }

  async models({ signal } = {}) { return (await this.#json({ path: "/v1/models", signal })).data; }

  async languages({ signal } = {}) { return (await this.#json({ path: "/v1/languages", signal })).data; }

  #json(call) { return this.#sent(call, (response) => (response.status === 204 ? null : response.json())); }

  /* What `read` makes of the answer to a call, which is sent again as long as that may help. */
  async #sent(call, read) {
    for (let tries = 1; ; tries++) {
      const watch = new Watch(call.signal, limitOf(call, this.#timeoutMs));
      try {
        return await read(await this.#response(call, watch));
      } catch (error) {
        await this.#pauseAfter(asFailure(error, this.#url, watch), tries, call);
      } finally {
        watch.end();
      }
    }
  }

  async *#events(call, result) {
    for (let tries = 1; ; tries++) {
      const watch = new Watch(call.signal, limitOf(call, this.#timeoutMs));
      let begun = false;
      try {
        for await (const event of readEvents(await this.#response(call, watch), watch, result)) {
          begun = true;
          yield event;
        }
        return;
      } catch (error) {
        const failure = asFailure(error, this.#url, watch);
        if (begun) throw failure;
        await this.#pauseAfter(failure, tries, call);
      } finally {
        watch.end();
      }
    }
  }

  async #response({ path, method = "GET", body, headers, query }, { signal }) {
    const address = this.#url + path + (query ? `?${new URLSearchParams(query)}` : "");
    const key = this.#key ? { Authorization: `Bearer ${this.#key}` } : {};
    const response = await this.#fetch(address, { method, body, signal, headers: { ...key, ...headers } });
    if (!response.ok) throw new ApiError(await problemOf(response));
    return response;
  }

  /* Throws the error where the call is not to be sent again. */
  async #pauseAfter(error, tries, { repeatable = true, signal }) {
    const { maxTries, maxWaitMs } = this.#retries;
    if (tries >= maxTries || !mayRepeat(error, repeatable)) throw error;
    const asked = error.problem?.retry_after_s;
    if (asked * 1000 > maxWaitMs) throw error;
    const guess = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_GUESS_MS, maxWaitMs) * (1 - Math.random() / 4);
    await pause(asked === undefined ? guess : asked * 1000 + FIRST_WAIT_MS * Math.random(), signal);
  }
}

class Glossaries {
  #ask;

  constructor(ask) { this.#ask = ask; }

  create(name, dictionaries, { signal } = {}) {
    return this.#ask({ ...post("/v1/glossaries", { name, dictionaries }), repeatable: false, signal });
  }

  async all({ signal } = {}) { return (await this.#ask({ path: "/v1/glossaries", signal })).data; }

  get(id, { signal } = {}) { return this.#ask({ path: below("/v1/glossaries", id), signal }); }

  async entries(id, { signal, ...query } = {}) {
    return (await this.#ask({ path: `${below("/v1/glossaries", id)}/entries`, query, signal })).entries;
  }

  delete(id, { signal } = {}) { return this.#ask({ path: below("/v1/glossaries", id), method: "DELETE", repeatable: false, signal }); }
}

class Documents {
  #ask; #answer;

  constructor(ask, answer) {
    this.#ask = ask;
    this.#answer = answer;
  }

  async translate(file, { onProgress, ...options } = {}) {
    const { id } = await this.send(file, options);
    try {
      const { warnings } = await this.wait(id, { onProgress, signal: options.signal });
      const fetched = await patiently(() => this.fetch(id, options), options.signal);
      return { ...fetched, warnings };
    } finally {
      await this.delete(id).catch(() => {});  // what happened before is what matters
    }
  }

  send(file, { signal, name, glossary, ...options } = {}) {
    const body = new FormData();
    if (glossary) body.append("glossary", JSON.stringify(glossary));
    for (const [field, value] of Object.entries(options)) for (const one of [value ?? []].flat()) body.append(field, one);
    body.append("file", file, name ?? file.name);
    return this.#ask({ path: "/v1/documents", method: "POST", body, repeatable: false, signal });
  }

  get(id, { signal } = {}) { return this.#ask({ path: below("/v1/documents", id), signal }); }

  async wait(id, { onProgress, signal } = {}) {
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(LONGEST_LOOK_MS, wait * 1.5)) {
      const document = await patiently(() => this.get(id, { signal }), signal);
      onProgress?.(document);
      if (document.state === "failed") throw new DocumentFailedError(document.error);
      if (document.state === "done") return document;
      await pause(wait, signal);
    }
  }

  fetch(id, { signal } = {}) {
    return this.#answer({ path: `${below("/v1/documents", id)}/result`, signal }, async (response) => {
      const [, name = ""] = /filename\*=UTF-8''(.*)$/.exec(response.headers.get("Content-Disposition") ?? "") ?? [];
      return { name: decodeURIComponent(name).split(/[\\/]/).pop(), content: await response.blob() };
    });
  }

  delete(id, { signal } = {}) { return this.#ask({ path: below("/v1/documents", id), method: "DELETE", repeatable: false, signal }); }
}

/** The values of a matrix, row-major. */
export function matrixValues({ data }) {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, index) => {
    const half = view.getUint16(2 * index, true);
    const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
  });
}

/** Ends a request when the server has been waited for too long, or when the caller wants no more. */
class Watch {
  #controller = new AbortController(); #outer; #timer; #limitMs;

  constructor(outer, limitMs) {
    this.#outer = outer;
    this.#limitMs = limitMs;
    this.signal = this.#controller.signal;
    if (outer?.aborted) this.#leave();
    outer?.addEventListener("abort", this.#leave);
    this.touch();
  }

  get wasLeft() { return Boolean(this.#outer?.aborted); }

  touch() {
    this.rest();
    const late = () => new ConnectionFailedError("The server did not answer in time: a larger timeoutMs waits longer.", { wasSent: true, hasTimedOut: true });
    this.#timer = setTimeout(() => this.#controller.abort(late()), this.#limitMs);
  }

  /* The server is not waited for: the caller is at what it said. */
  rest() { clearTimeout(this.#timer); }

  end() {
    this.rest();
    this.#outer?.removeEventListener("abort", this.#leave);
  }

  #leave = () => this.#controller.abort(this.#outer.reason);
}

const post = (path, body) => ({ path, method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
const below = (path, id) => `${path}/${encodeURIComponent(id)}`;

/* Of a list, the answers to all but the first would be thrown away. */
function oneText(text) {
  if (typeof text !== "string") throw new TypeError("One text is taken here; a list is for the methods with All.");
  return text;
}

function severalTexts(texts) {
  if (!Array.isArray(texts)) throw new TypeError("A list of texts is taken here; one text is for the methods without All.");
  return texts;
}

function textCall(path, text, { signal, ...options } = {}) {
  return { ...post(path, { text, offset_unit: "utf16", ...options }), signal, timeoutS: options.timeout_s };
}

/* The server is to say itself that the time is over. */
const limitOf = ({ timeoutS }, timeoutMs) => (timeoutS ? (timeoutS + 5) * 1000 : timeoutMs);

function asFailure(error, url, watch) {
  if (error instanceof CrosslateError || watch.wasLeft) return error;
  if (watch.signal.aborted) return watch.signal.reason;
  if (error instanceof SyntaxError) return new CrosslateError("The answer is not Crosslate's: look at the URL of the server.", { cause: error });
  const wasSent = !NEVER_SENT.includes(error.cause?.code);
  return new ConnectionFailedError(`${url} ${wasSent ? "broke the connection off" : "cannot be reached"}`, { wasSent, cause: error });
}

function mayRepeat(error, repeatable) {
  if (error instanceof ConnectionFailedError) return !error.hasTimedOut && (repeatable || !error.wasSent);
  return error instanceof ApiError && (REFUSED.includes(error.status) || (repeatable && LOST.includes(error.status)));
}

/* The answer about a document, also where the server is away meanwhile: the work is in its store, and goes on. */
async function patiently(ask, signal) {
  const started = Date.now();
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(LONGEST_LOOK_MS, wait * 1.5)) {
    try {
      return await ask();
    } catch (error) {
      const asked = (error.problem?.retry_after_s ?? 0) * 1000;
      if (!passes(error) || Date.now() + asked - started > ABSENCE_MS) throw error;
      await pause(Math.max(wait, asked), signal);
    }
  }
}

const passes = (error) => error instanceof ConnectionFailedError || (error instanceof ApiError && PASSING.includes(error.status));

async function problemOf(response) {
  const waits = retryAfter(response.headers.get("Retry-After"));
  const told = await response.json().catch(() => null);
  const foreign = {
    status: response.status, code: "unknown", title: response.statusText, errors: [],
    detail: "This is no answer of Crosslate's: look at the URL and at what stands before the server.",
    request_id: response.headers.get("X-Request-ID"),
  };
  return { ...(told?.code && told.detail ? { ...told, status: response.status } : foreign), ...(waits !== undefined && { retry_after_s: waits }) };
}

/* Seconds, which may be given as a date; undefined where it cannot be read. */
function retryAfter(header) {
  if (header === null) return undefined;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const leave = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal?.removeEventListener("abort", leave); resolve(); }, ms);
    if (signal?.aborted) leave();
    else signal?.addEventListener("abort", leave, { once: true });
  });
}

/* https://html.spec.whatwg.org/multipage/server-sent-events.html; whoever stops reading closes the answer. */
async function* readEvents(response, watch, result) {
  let hasEnded = false;
  try {
    for await (const block of blocksOf(response, watch)) {
      const [, name, text] = /^event: ?(.*?)\r?\ndata: ?(.*)$/s.exec(block) ?? [];
      if (!name) continue;  // a ping
      const data = JSON.parse(text);
      if (name === "error") {
        const { retry_after: waits, ...problem } = data;
        throw new ApiError(waits === undefined ? problem : { ...problem, retry_after_s: waits });
      }
      if (name === "token") yield { type: "token", text: data.text };
      else if (name === "segment") yield { type: "segment", ...data };
      else if (name === "done") {
        hasEnded = true;
        yield { type: "done", result: result(data) };
      }
    }
  } catch (error) {
    if (!hasEnded) throw error;  // else all of the answer is there
  }
  if (!hasEnded) throw new ConnectionFailedError("The stream ended before its last event: send it again.", { wasSent: true });
}

/* What stands between blank lines; joined once, for one may have many megabytes. */
async function* blocksOf(response, watch) {
  const decoder = new TextDecoder();
  let unfinished = [];
  for await (const bytes of pieces(response.body, watch)) {
    const piece = decoder.decode(bytes, { stream: true });
    unfinished.push(piece);
    if (!piece.includes("\n")) continue;
    const blocks = unfinished.join("").split(/\r?\n\r?\n/);
    unfinished = [blocks.pop()];
    yield* blocks;
  }
}

/* Not every browser lets one iterate over a body. In Node a read that begins after an abort never ends. */
async function* pieces(body, watch) {
  const reader = body.getReader();
  try {
    for (;;) {
      watch.signal.throwIfAborted();
      watch.touch();
      const { done, value } = await reader.read();
      watch.rest();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
