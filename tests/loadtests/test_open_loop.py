from __future__ import annotations

from aiohttp import web
from aiohttp.test_utils import TestServer

from loadtests.client import Target, closed_loop_rate
from loadtests.open_loop import Answer, OpenLoop, latencies_alone, mixed_lengths, report, run_open_loop


class FakeService:
    """Remembers the texts; refuses every text that says so."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        text = (await request.json())["text"]
        self.texts.append(text)
        return web.json_response({}, status=429 if text == "refuse me" else 200)

    def server(self) -> TestServer:
        app = web.Application()
        app.router.add_post("/v1/translate", self.answer)
        return TestServer(app)


async def test_every_arrival_is_counted_with_how_it_ended() -> None:
    service = FakeService()
    async with service.server() as server:
        target = Target(str(server.make_url("")).rstrip("/"), "en", "pt")
        schedule = [(0.001 * i, "refuse me" if i % 5 == 0 else f"text {i}") for i in range(20)]
        result = await run_open_loop(target, schedule, {text: 1.0 for _, text in schedule})
    assert sorted(service.texts) == sorted(text for _, text in schedule)
    assert result.faults == {"status 429": 4}
    assert len(result.latencies_s) == len(result.slowdowns) == 16


async def test_a_service_that_is_gone_is_a_failure_of_each_request() -> None:
    async with FakeService().server() as server:
        target = Target(str(server.make_url("")).rstrip("/"), "en", "pt")
    result = await run_open_loop(target, [(0.0, "a"), (0.0, "b")], {"a": 1.0, "b": 1.0})
    assert sum(result.faults.values()) == 2
    assert "answered: 0 of 2" in report(result, 0.5)


async def test_each_text_is_measured_alone_once_however_often_it_stands_there() -> None:
    service = FakeService()
    async with service.server() as server:
        target = Target(str(server.make_url("")).rstrip("/"), "en", "pt")
        assert (await latencies_alone(target, ["a", "b", "a"])).keys() == {"a", "b"}
        service.texts.clear()
        assert await closed_loop_rate(target, ["a", "b", "c"], 2) > 0
    assert sorted(service.texts) == ["a", "b", "c"]


def test_goodput_counts_only_what_came_in_time_and_slowdown_is_of_the_same_text() -> None:
    result = OpenLoop(
        answers=[
            Answer("short", 0.2, None),
            Answer("long", 0.4, None),
            Answer("short", 0.9, None),
            Answer("long", 0.1, "status 503"),
        ],
        wall_s=2.0,
        alone_s={"short": 0.1, "long": 0.4},
    )
    assert result.goodput(0.5) == 1.0
    assert result.slowdowns == [1.0, 2.0, 9.0]
    shown = report(result, 0.5)
    assert "answered: 3 of 4" in shown
    assert "status 503: 1" in shown
    assert "goodput within 500 ms: 1.0 texts/s" in shown


def test_mixed_texts_are_of_one_to_eight_sentences() -> None:
    sentences = [f"s{i}" for i in range(200)]
    texts = mixed_lengths(sentences, seed=0)
    assert len(texts) == len(sentences)
    assert {len(text.split()) for text in texts} == {1, 2, 4, 8}
    assert [text.split()[0] for text in texts] == sentences
    assert texts == mixed_lengths(sentences, seed=0) != mixed_lengths(sentences, seed=1)
