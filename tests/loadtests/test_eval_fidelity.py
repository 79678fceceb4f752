from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from loadtests.eval_fidelity import evaluate, run
from loadtests.fidelity.items import Item
from loadtests.fidelity.survival import Fate

ANSWERS: dict[str, dict[str, Any]] = {
    "Hi {a}": {"text": "Olá {a}", "warnings": ["The text is short."]},
    "Bye {a}": {"text": "Tchau", "warnings": [{"code": "placeholder_missing", "source": [4, 7]}]},
    "GO ON": {"text": "CONTINUE", "warnings": []},
    "Go on": {"text": "Continue", "warnings": []},
}
ITEMS = [
    Item("x-1", "x", "en", "pt", "Hi {a}", {"exact": ["{a}"]}),
    Item("x-2", "x", "en", "pt", "Bye {a}", {"exact": ["{a}"], "sentences": ["Bye {a}"]}),
    Item("y-1", "y", "en", "pt", "GO ON", {"capitals": "Go on"}),
]


async def answer(request: web.Request) -> web.Response:
    body = await request.json()
    assert (body["source_lang"], body["target_lang"]) == ("en", "pt")
    segments = [{"source": [0, len(body["text"])]}]
    return web.json_response({"translations": [{**ANSWERS[body["text"]], "segments": segments}]})


def fake_service() -> TestServer:
    app = web.Application()
    app.router.add_post("/v1/translate", answer)
    return TestServer(app)


async def test_texts_are_translated_and_looked_at() -> None:
    async with (
        fake_service() as server,
        httpx.AsyncClient(base_url=str(server.make_url(""))) as client,
    ):
        outcomes = await evaluate(ITEMS, client, concurrency=2)
    assert [[fact.fate for fact in one.facts] for one in outcomes] == [
        [Fate.KEPT],
        [Fate.FLAGGED, Fate.KEPT],
        [Fate.KEPT, Fate.KEPT],
    ]


async def test_a_run_prints_the_table_and_can_be_compared_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = {"from": "en", "to": "pt", "text": "Bye {a}", "rules": {"exact": ["{a}"]}}
    (tmp_path / "x.jsonl").write_text(json.dumps(item) + "\n")
    options = Namespace(
        folder=tmp_path,
        kind=None,
        concurrency=1,
        show=True,
        baseline=None,
        output=tmp_path / "run.json",
    )
    async with fake_service() as server:
        options.url = str(server.make_url(""))
        await run(options)
        assert "x-1\n  sent     'Bye {a}'" in capsys.readouterr().out
        options.baseline, options.output, options.show = options.output, None, False
        await run(options)
    output = capsys.readouterr().out
    assert "| x    |     1 |      1 | 0.0 % |  0.0 % |       1 |" in output
    assert output.endswith("Nothing else is lost or kept than before.\n")


async def test_a_refusal_is_not_hidden() -> None:
    app = web.Application()
    async with (
        TestServer(app) as server,
        httpx.AsyncClient(base_url=str(server.make_url(""))) as client,
    ):
        with pytest.raises(httpx.HTTPStatusError):
            await evaluate(ITEMS, client, concurrency=2)
