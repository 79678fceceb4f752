"""The JavaScript client in Node, against the application behind a real server; and its types."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from crosslate.service.http import (
    document_answers,
    glossary_answers,
    operation_responses,
    requests,
    responses,
)
from crosslate.service.http import summary_responses as summaries
from crosslate.service.settings.config import Settings
from tests.service.http.fakes import Service, create_service, unavailable
from tests.service.http.node import FOLDER, require_package, run_node
from tests.service.http.running import free_port, running

CLIENT = Path(__file__).parents[2] / "clients" / "javascript"
MODULE = (CLIENT / "crosslate.js").as_uri()
IMPORTS = f"""
import {{ Client, matrixValues }} from "{MODULE}";
const [url] = process.argv.slice(1);
const client = new Client(url);
const told = (value) => console.log(JSON.stringify(value));
const failure = (work) => work.then(() => null, (error) => [error.name, error.code ?? "", error.message]);
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    if shutil.which("node") is None:
        pytest.skip("needs Node.js")
    made = create_service(Settings(state_dir=tmp_path_factory.mktemp("state")))
    made.translator.delays_s["slow"] = 0.3
    return made


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with running(service.app, service.close) as address:
        yield address


async def run(script: str, address: str) -> Any:
    return await run_node(IMPORTS + script, address)


async def test_texts(service: Service, address: str) -> None:
    answers = await run(
        """
        const one = await client.translate("a", { target_lang: "pt", alignment: "matrix" });
        const several = await client.translateAll(["a", "b c"], { target_lang: "pt", source_lang: "en" });
        const { alignment } = await client.align("a", "b", { source_lang: "en", target_lang: "pt" });
        told([one.text, [...matrixValues(one.alignment.matrix)], several.translations.map(({ text }) => text),
          several.usage.characters, alignment.unit,
          (await client.summarize("one two", { length: "short" })).text,
          await client.detect("a"), (await client.models())[0].id, (await client.languages())[0].lang]);
        """,
        address,
    )
    detected = {"lang": "en", "confidence": 0.75}
    model = "starter/en-pt"
    assert answers == ["A", [0.25, 0.75, 1, 0], ["A", "B C"], 4, "utf16", "ONE", detected, model, "en"]
    assert service.translator.requests[-1].offset_unit == "utf16"


async def test_a_list_is_no_text(address: str) -> None:
    told = await run(
        """
        const wrong = [client.translate(["a", "b"], { target_lang: "pt" }), client.summarize(["a"]),
          client.translateAll("ab", { target_lang: "pt" }), client.summarizeAll("ab"), client.detectAll("ab"),
          new Client("/here").translate("a", { target_lang: "pt" })];
        told(await Promise.all(wrong.map(failure)));
        """,
        address,
    )
    assert [name for name, _, _ in told] == [*["TypeError"] * 5, "ConnectionFailedError"]
    assert told[-1][2] == "/here cannot be reached"


async def test_options_that_are_left_out(address: str) -> None:
    told = await run(
        """
        const file = new File(["one two"], "poem.txt");
        const unset = { target_lang: "pt", source_lang: undefined, model: null, columns: undefined };
        const translated = await client.documents.translate(file, unset);
        const faulty = [client.translate("a"), client.align("a", "b"), client.glossaries.entries("a"),
          client.documents.translate(file)];
        told([await translated.content.text(), await Promise.all(faulty.map(failure))]);
        """,
        address,
    )
    assert told[0] == "ONE TWO"
    assert [(name, message[:3]) for name, _, message in told[1]] == [("ApiError", "422")] * 4


async def test_a_stream_may_be_read_slowly_and_left_meanwhile(address: str) -> None:
    """The limit is on the server's time. In Node a read that begins after an abort never ends."""
    told = await run(
        """
        const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        const read = async (client, ms, controller) => {
          const options = { target_lang: "pt", signal: controller?.signal };
          let number = 0, last;
          for await (const event of client.streamTranslation("some words ".repeat(1000), options)) {
            if (number++ === 0) {
              controller?.abort();
              await pause(ms);
            }
            last = event.type;
          }
          return last;
        };
        const alive = setInterval(() => {}, 1000);
        told([await read(new Client(url, { timeoutMs: 2000 }), 2500),
          (await failure(read(client, 50, new AbortController())))[0]]);
        clearInterval(alive);
        """,
        address,
    )
    assert told == ["done", "AbortError"]


async def test_streams(address: str) -> None:
    text = "some words\u2028 \U0001f600 here"
    events, chunks = await run(
        """
        const events = [], chunks = [];
        const options = { target_lang: "pt" };
        const text = "some words\\u2028 😀 here";
        for await (const event of client.streamTranslation(text, options)) events.push(event);
        for await (const event of client.streamSummary("one two")) chunks.push(event.type);
        told([events, chunks]);
        """,
        address,
    )
    assert [event["type"] for event in events[-2:]] == ["segment", "done"]
    tokens = "".join(event["text"] for event in events if event["type"] == "token")
    assert tokens == events[-1]["result"]["text"] == text.upper()
    assert chunks == ["token", "segment", "done"]


async def test_what_is_refused_and_what_is_asked_again(service: Service, address: str) -> None:
    full = unavailable()
    full.retry_after_s = None
    service.translator.failures["full"] = full
    port = free_port()
    malformed, busy, nowhere, late, left = await run(
        """
        const closed = new Client("http://127.0.0.1:PORT", { retries: { maxTries: 2 } });
        const stopped = () => {
          const controller = new AbortController();
          setTimeout(() => controller.abort(), 50);
          return controller.signal;
        };
        told([
          await failure(client.translate("secret", { target_lang: "pt", alignmet: "links" })),
          await failure(client.translate("full", { target_lang: "pt" })),
          await failure(closed.models()),
          await failure(new Client(url, { timeoutMs: 50 }).translate("slow", { target_lang: "pt" })),
          await failure(client.translate("slow", { target_lang: "pt", signal: stopped() })),
        ]);
        """.replace("PORT", str(port)),
        address,
    )
    assert malformed[:2] == ["ApiError", "malformed_request"]
    assert "secret" not in malformed[2]
    assert busy[:2] == ["ApiError", "queue_full"]
    assert [request.text for request in service.translator.requests].count("full") == 4
    assert nowhere[0] == "ConnectionFailedError"
    assert f"http://127.0.0.1:{port} cannot be reached" in nowhere[2]
    assert (late[0], left[0]) == ("ConnectionFailedError", "AbortError")
    assert "timeoutMs" in late[2]


async def test_what_may_have_been_done_is_not_done_twice(address: str) -> None:
    counts = await run(
        """
        const ok = () => Response.json({ detections: [{ lang: "en", confidence: 1 }] });
        const refused = (status, wait = "0") =>
          Response.json({ code: "c", detail: "d", status }, { status, headers: { "Retry-After": wait } });
        const count = async (work, ...replies) => {
          let times = 0;
          const fetch = async () => {
            const reply = replies[times++];
            if (reply instanceof Error) throw reply;
            return reply;
          };
          await work(new Client(url, { fetch })).catch(() => {});
          return times;
        };
        const detect = (one) => one.detect("a");
        const create = (one) => one.glossaries.create("g", []);
        told([
          await count(detect, refused(502), new TypeError("terminated"), refused(429), ok()),
          await count(create, refused(502)), await count(create, new TypeError("terminated")),
          await count(create, refused(503), refused(422)), await count(detect, refused(504)),
          await count(detect, refused(429, "86400")),
        ]);
        """,
        address,
    )
    assert counts == [4, 1, 1, 2, 1, 1]


async def test_a_document_s_bytes_are_a_part_of_its_answer(address: str) -> None:
    """What breaks off is asked for again, and whoever leaves is heard while they come."""
    told = await run(
        """
        const broken = () => new ReadableStream({ start: (to) => to.error(new TypeError("terminated")) });
        const replies = [new Response(broken()), new Response("whole")];
        const once = new Client(url, { fetch: async () => replies.shift() });
        const { content } = await once.documents.fetch("1");
        const controller = new AbortController();
        const endless = async (address, { signal }) => {
          queueMicrotask(() => controller.abort());
          return new Response(new ReadableStream({
            start: (to) => signal.addEventListener("abort", () => to.error(signal.reason)),
          }));
        };
        const left = new Client(url, { fetch: endless }).documents.fetch("1", { signal: controller.signal });
        told([await content.text(), await failure(left)]);
        """,
        address,
    )
    assert told[0] == "whole"
    assert told[1][0] == "AbortError"


async def test_glossaries_and_documents(service: Service, address: str) -> None:
    entries, gone, done = await run(
        """
        const pair = { source_lang: "en", target_lang: "pt" };
        const terms = [{ source: "a", target: "b" }];
        const made = await client.glossaries.create("mine", [{ ...pair, entries: terms }]);
        const entries = await client.glossaries.entries(made.id, pair);
        await client.glossaries.delete(made.id);
        const seen = [];
        const file = new Blob(["a,b\\nx,y\\n"]);
        const options = { ...pair, name: "Olá.csv", columns: ["b"], glossary: terms };
        const onProgress = ({ state }) => seen.push(state);
        const done = await client.documents.translate(file, { ...options, onProgress });
        told([entries, await failure(client.glossaries.get(made.id)),
          [done.name, await done.content.text(), done.warnings, seen.at(-1)]]);
        """,
        address,
    )
    assert entries == [{"source": "a", "target": "b"}]
    assert gone[:2] == ["ApiError", "glossary_not_found"]
    assert [(entry.source, entry.target) for entry in service.translator.requests[-1].glossary] == [
        ("a", "b")
    ]
    assert done == ["Olá.pt.csv", "a,b\nx,Y\n", [], "done"]


async def test_a_document_is_waited_for_while_its_server_is_away(address: str) -> None:
    told = await run(
        """
        let away = [];
        const refused = (status) => Response.json({ code: "c", detail: "d", status }, { status });
        const fetch = async (...asked) => {
          const reply = asked[1].method === "GET" ? away.shift() : undefined;
          if (reply instanceof Error) throw reply;
          return reply ?? globalThis.fetch(...asked);
        };
        const one = new Client(url, { fetch, retries: { maxTries: 1 } });
        const gone = () => new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } });
        away = [gone(), refused(503), gone(), refused(502)];
        const file = new File(["one two"], "poem.txt");
        const translated = await one.documents.translate(file, { target_lang: "pt" });
        const left = away.length;
        away = Array.from({ length: 99 }, gone);
        told([await translated.content.text(), left,
          (await failure(one.documents.wait("d", { signal: AbortSignal.timeout(300) })))[0],
          (await failure(client.documents.wait("d")))[1]]);
        """,
        address,
    )
    assert told == ["ONE TWO", 0, "TimeoutError", "document_not_found"]


async def test_a_stream_without_its_last_event_has_failed(address: str) -> None:
    """As where a replica is killed: its connection is cut, and nothing says so."""
    told = await run(
        """
        const fetch = async () => new Response('event: token\\ndata: {"text": "a"}\\n\\n');
        const read = async (stream) => { for await (const event of stream) seen.push(event.type); };
        const seen = [];
        const cut = new Client(url, { fetch });
        told([(await failure(read(cut.streamTranslation("a", { target_lang: "pt" }))))[0],
          (await failure(read(cut.streamSummary("a"))))[2], seen]);
        """,
        address,
    )
    assert told == [
        "ConnectionFailedError",
        "The stream ended before its last event: send it again.",
        ["token"] * 2,
    ]


async def test_a_long_event_in_many_pieces_takes_no_more_than_its_length(address: str) -> None:
    """Joined anew with every piece it would take minutes. What breaks after the last event breaks nothing."""
    told = await run(
        """
        const pieceBytes = 1024, numPieces = 32_000;
        const start = 'event: done\\ndata: {"translations": [{"text": "';
        const piece = new TextEncoder().encode("a".repeat(pieceBytes));
        const body = new ReadableStream({
          async start(controller) {
            controller.enqueue(new TextEncoder().encode(start));
            for (let i = 0; i < numPieces; i++) controller.enqueue(piece);
            controller.enqueue(new TextEncoder().encode('"}]}\\n\\n'));
          },
          pull(controller) { controller.error(new TypeError("terminated")); },
        });
        const long = new Client(url, { fetch: async () => new Response(body) });
        const seen = [];
        for await (const event of long.streamTranslation("a", { target_lang: "pt" })) {
          seen.push(event.type, event.result.text.length);
        }
        told(seen);
        """,
        address,
    )
    assert told == ["done", 32_000 * 1024]


@pytest.mark.slow
def test_programs_in_typescript_are_checked(tmp_path: Path) -> None:
    require_package("typescript")
    compiler = FOLDER / "node_modules" / "typescript" / "bin" / "tsc"
    modules = tmp_path / "node_modules"
    modules.mkdir()
    (modules / "crosslate-client").symlink_to(CLIENT)
    shutil.copy(Path(__file__).with_name("typed.ts"), tmp_path)
    options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"]
    checked = subprocess.run(
        ["node", str(compiler), *options, "typed.ts"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


TYPES = (CLIENT / "crosslate.d.ts").read_text(encoding="utf-8")
MIRRORED: list[tuple[str, type[BaseModel], set[str]]] = [
    ("TranslateOptions", requests.TranslateBody, {"text", "stream"}),
    ("SummarizeOptions", requests.SummarizeBody, {"text", "stream"}),
    ("AlignOptions", requests.AlignBody, {"source", "target"}),
    ("Generation", requests.GenerationBody, set()),
    ("Translation", responses.TranslationAnswer, set()),
    ("Alignment", responses.AlignmentAnswer, set()),
    ("AlignmentMethod", responses.MethodAnswer, set()),
    ("Notice", responses.WarningAnswer, set()),
    ("Segment", responses.SegmentAnswer, set()),
    ("Term", responses.TermAnswer, set()),
    ("Summary", summaries.SummaryAnswer, set()),
    ("SummaryAlignment", summaries.SummaryAlignmentAnswer, set()),
    ("SummarySupport", summaries.SummarySupportAnswer, set()),
    ("SummaryChunk", summaries.SummaryChunkAnswer, set()),
    ("Model", operation_responses.ModelAnswer, set()),
    ("Language", operation_responses.LanguageAnswer, set()),
    ("Glossary", glossary_answers.GlossaryAnswer, set()),
    ("DocumentStatus", document_answers.DocumentAnswer, set()),
    ("DocumentNotice", document_answers.DocumentNoticeAnswer, set()),
]


@pytest.mark.parametrize(("name", "model", "apart"), MIRRORED, ids=[name for name, _, _ in MIRRORED])
def test_types_have_the_fields_of_the_api(name: str, model: type[BaseModel], apart: set[str]) -> None:
    found = re.search(rf"export interface {name}(?: extends \w+)? {{\n(.*?)\n}}", TYPES, re.DOTALL)
    assert found is not None
    assert set(re.findall(r"^  (\w+)\??:", found[1], re.MULTILINE)) == set(model.model_fields) - apart


def test_it_has_the_server_s_version() -> None:
    project = tomllib.loads((CLIENT.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    package = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
    assert package["version"] == project["version"]
    assert all((CLIENT / name).is_file() for name in package["files"])
