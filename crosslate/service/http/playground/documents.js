/** Whole files: dropped or chosen, followed while they are translated, and taken away. */

import { ask, isAway, send } from "./api.js";
import { $, element, speak } from "./dom.js";
import { listNotices } from "./notices.js";
import { save } from "./taking.js";

const FIRST_MS = 250;
const LONGEST_MS = 3000;

const STATES = { queued: "Waiting", running: "Translating", done: "Done", failed: "Failed" };

export class DocumentsTab {
  constructor(onSettings) {
    for (const id of ["documents-from", "documents-to"]) $(id).addEventListener("change", onSettings);
    const [place, input] = [$("drop"), $("file")];
    input.addEventListener("change", () => { this.#take(input.files); input.value = ""; });
    for (const name of ["dragenter", "dragover"]) place.addEventListener(name, (event) => { event.preventDefault(); place.classList.add("over"); });
    for (const name of ["dragleave", "drop"]) place.addEventListener(name, () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => { event.preventDefault(); this.#take(event.dataTransfer.files); });
  }

  #take(files) {
    for (const file of files) new DocumentJob(file, $("documents-from").value, $("documents-to").value);
  }
}

class DocumentJob {
  constructor(file, from, to) {
    this.name = file.name;
    this.work = new AbortController();
    this.bar = element("progress", { max: "1", value: "0", "aria-label": `${file.name}: how far it is` });
    this.state = element("span", {}, "Sending");
    this.take = element("button", { type: "button", hidden: "", onclick: () => this.#download(), "aria-label": `Download ${file.name}` }, "Download");
    const drop = element("button", { type: "button", onclick: () => this.#remove(), "aria-label": `Remove ${file.name}` }, "Remove");
    this.notices = element("ul", { class: "notices" });
    this.item = element("li", {}, element("strong", {}, file.name), this.bar,
      element("div", { class: "under" }, this.state, this.take, drop), this.notices);
    $("documents-list").prepend(this.item);
    this.#follow(file, from, to).catch((error) => { if (error.name !== "AbortError") this.#end(error.message, true); });
  }

  async #follow(file, from, to) {
    const form = new FormData();
    form.append("target_lang", to);
    if (from) form.append("source_lang", from);
    form.append("file", file);
    const { signal } = this.work;
    let job = await ask("v1/documents", form, signal);
    this.id = job.id;
    for (let wait = FIRST_MS; job.state === "queued" || job.state === "running"; wait = Math.min(LONGEST_MS, wait * 1.5)) {
      this.bar.value = job.progress;
      this.#tell(`${STATES[job.state]}, ${Math.round(100 * job.progress)} %`);
      await new Promise((resolve) => setTimeout(resolve, wait));
      job = await this.#look(job, signal);
    }
    this.bar.value = job.progress;
    this.take.hidden = job.state !== "done";
    listNotices(this.notices, job.warnings.map((one) => ({ ...one, message: [one.place, one.message].filter(Boolean).join(": ") })));
    this.#end(job.error?.detail ?? STATES[job.state], job.state === "failed");
  }

  /* How it is; as it was, where the server is away: the work is in its store, and goes on when it is back. */
  async #look(job, signal) {
    try {
      return await ask(this.#path(), undefined, signal);
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#tell(error.message);
      return job;
    }
  }

  #path(rest = "") { return `v1/documents/${encodeURIComponent(this.id)}${rest}`; }

  async #download() {
    try {
      const answer = await send(this.#path("/result"), "GET");
      const [, name] = /filename\*=UTF-8''(.*)$/.exec(answer.headers.get("Content-Disposition") ?? "") ?? [];
      save(await answer.blob(), name ? decodeURIComponent(name) : this.name);
    } catch (error) {
      this.#tell(error.message, true);
    }
  }

  /* The server forgets it too, and works on it no more. */
  async #remove() {
    this.work.abort();
    this.item.remove();
    if (this.id) await send(this.#path(), "DELETE").catch(() => {});  // it deletes what is old by itself
  }

  /* Nothing more comes: said aloud, too. */
  #end(text, failed) {
    this.bar.hidden = failed;
    this.#tell(text, failed);
    speak(`${this.name}: ${text}`);
  }

  #tell(text, failed = false) {
    this.state.textContent = text;
    this.state.classList.toggle("error", failed);
  }
}
