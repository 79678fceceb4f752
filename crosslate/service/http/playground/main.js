/** The page: what is served decides what it offers. */

import { AlignTab } from "./align.js";
import { ask } from "./api.js";
import { DocumentsTab } from "./documents.js";
import { $ } from "./dom.js";
import { Languages } from "./languages.js";
import { addressOf, readAddress, rememberAddress } from "./permalink.js";
import { SummarizeTab } from "./summarize.js";
import { Tabs } from "./tabs.js";
import { copyFrom } from "./taking.js";
import { TranslateTab } from "./translate.js";

async function start() {
  const [languages, { data: models }, { version }] = await Promise.all([Languages.load(), ask("v1/models"), ask("version")]);
  $("version").textContent = `Crosslate ${version} · ${models.map(({ id }) => id).join(", ")}`;
  const tasks = new Set(models.map(({ task }) => task));
  const names = [...(tasks.has("translation") ? ["translate", "documents", "align"] : []), ...(tasks.has("summarization") ? ["summarize"] : [])];
  const order = ["translate", "documents", "summarize", "align"].filter((name) => names.includes(name));
  languages.fill($("from"), $("to"), { detect: true });
  languages.fill($("align-from"), $("align-to"), { detect: false });
  languages.fill($("documents-from"), $("documents-to"), { detect: true });
  const wanted = readAddress();
  const tabs = new Tabs(order, rememberAddress);
  const remember = () => rememberAddress(tabs.chosen);
  new DocumentsTab(remember);
  const work = { translate: new TranslateTab(languages, remember), summarize: new SummarizeTab(remember), align: new AlignTab(remember) };
  tabs.choose(wanted);
  $("key").addEventListener("change", () => work[tabs.chosen]?.run());
  copyFrom($("link"), () => location.origin + location.pathname + addressOf(tabs.chosen));
}

start().catch((error) => {
  $("failure").textContent = error.message;
  $("failure").hidden = false;
});
