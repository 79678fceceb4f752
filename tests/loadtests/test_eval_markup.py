from __future__ import annotations

from collections import Counter

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from loadtests.client import Target
from loadtests.eval_markup import compare_rates


async def test_a_service_is_asked_for_the_same_sentences_with_tags_and_without(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: Counter[tuple[str, bool]] = Counter()

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        asked[body["format"], "<" in body["text"]] += 1
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/v1/translate", answer)
    async with TestServer(app) as server:
        target = Target(str(server.make_url("")).rstrip("/"), "pt", "en")
        await compare_rates(target, num_clients=8, rounds=2)
    assert set(asked) == {("text", False), ("html", True)}
    assert asked["text", False] == asked["html", True] > 0
    assert "in 2 rounds" in capsys.readouterr().out
