"""What holds whatever route, and whatever API, asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

import pytest

from crosslate.models.engine.request import GenerationParams
from crosslate.service.auth.access import Access, KeyUsage
from crosslate.service.errors import ServiceError
from crosslate.service.http.readiness import Readiness
from crosslate.service.pipeline.summarization.types import SummaryRequest
from crosslate.service.pipeline.types import AlignRequest, Allowance, DoneEvent, TranslationRequest
from crosslate.service.serving.metrics import ServiceMetrics, render_metrics
from crosslate.service.serving.pipelines import Pipeline
from crosslate.service.serving.serving import Call, RequestRecord
from crosslate.service.settings.config import LimitSettings
from tests.service.auth.accounts import SECRET, make_access, make_key
from tests.service.http.fakes import MODEL_ID, FakeSummarizer, FakeTranslator, make_serving, pipeline_of

LIMITS = LimitSettings(max_texts=2, max_text_bytes=20, max_timeout_s=50, default_timeout_s=7, max_beams=4)


class Bench:
    """A `Serving` over fakes, and a call to it."""

    def __init__(
        self,
        timeout_s: float | None = None,
        access: Access | None = None,
        key: str | None = None,
        narrowed: Mapping[frozenset[str], Pipeline] | None = None,
    ) -> None:
        self.translator, self.summarizer = FakeTranslator(), FakeSummarizer()
        self.metrics, self.readiness = ServiceMetrics(), Readiness()
        self.serving = make_serving(
            self.translator,
            self.summarizer,
            self.metrics,
            LIMITS,
            self.readiness.check,
            access=access,
            narrowed=narrowed,
        )
        self.call = Call(record=RequestRecord("r"), key=key, timeout_s=timeout_s)

    async def translate(self, *texts: str, **options: Any) -> None:
        requests = [TranslationRequest(text=text, target_lang="pt", **options) for text in texts]
        await self.serving.ask(self.serving.translation, requests, self.call)

    async def translate_stream(self, *texts: str, **options: Any) -> None:
        requests = [TranslationRequest(text=text, target_lang="pt", **options) for text in texts]
        async for _ in self.serving.stream(self.serving.translation, requests, self.call):
            pass

    async def summarize(self, *texts: str, **options: Any) -> None:
        requests = [SummaryRequest(text=text, **options) for text in texts]
        await self.serving.ask(self.serving.summarization, requests, self.call)

    async def align(self, *texts: str) -> None:
        await self.serving.align(self._pair(texts), self.call)

    async def draw(self, *texts: str) -> None:
        await self.serving.draw(self._pair(texts), "svg", self.call)

    async def detect(self, *texts: str) -> None:
        await self.serving.detect(texts, self.call)

    @staticmethod
    def _pair(texts: tuple[str, ...]) -> AlignRequest:
        return AlignRequest(source=texts[0], target="".join(texts[1:]), source_lang="en", target_lang="pt")


WAYS: list[Callable[..., Any]] = [
    Bench.translate,
    Bench.translate_stream,
    Bench.summarize,
    Bench.align,
    Bench.draw,
    Bench.detect,
]
TIMED = [way for way in WAYS if way is not Bench.detect]
TEXTS = [Bench.translate, Bench.translate_stream, Bench.summarize]


async def refusal(way: Callable[..., Any], bench: Bench, *texts: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(ServiceError) as refused:
        await way(bench, *texts, **options)
    assert not bench.translator.requests
    assert not bench.translator.pairs
    assert not bench.summarizer.requests
    return refused.value.status, refused.value.code


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_in_has_the_same_limits(way: Callable[..., Any]) -> None:
    assert await refusal(way, Bench(), "é" * 11) == (413, "text_too_large")
    draining = Bench()
    draining.readiness.drain()
    assert await refusal(way, draining, "a") == (503, "draining")


@pytest.mark.parametrize("way", [Bench.translate, Bench.summarize, Bench.detect])
async def test_so_many_texts(way: Callable[..., Any]) -> None:
    assert await refusal(way, Bench(), "a", "b", "c") == (413, "too_many_texts")


async def test_a_stream_is_of_one_text() -> None:
    assert await refusal(Bench.translate_stream, Bench(), "a", "b") == (422, "malformed_request")


@pytest.mark.parametrize("way", TEXTS)
async def test_beams(way: Callable[..., Any]) -> None:
    params = GenerationParams(num_beams=5)
    assert await refusal(way, Bench(), "a", params=params) == (422, "malformed_request")


@pytest.mark.parametrize("way", TIMED)
async def test_time_limits(way: Callable[..., Any]) -> None:
    assert await refusal(way, Bench(timeout_s=51), "a") == (422, "malformed_request")


@pytest.mark.parametrize(("asked_s", "given"), [(None, (7, 50)), (20, (20, None))])
async def test_a_request_gets_its_deadline(asked_s: float | None, given: tuple[float, float | None]) -> None:
    bench = Bench(asked_s)
    await bench.translate("a", "b")
    await bench.translate_stream("c")
    await bench.summarize("d")
    timed = [*bench.translator.allowances, *bench.summarizer.allowances]
    assert [(one.timeout_s, one.longest_timeout_s) for one in timed] == [given] * 3
    await bench.align("a", "b")
    assert bench.translator.allowances[-1] == Allowance(timeout_s=given[0])


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_in_needs_a_key_where_there_are_keys(way: Callable[..., Any]) -> None:
    """Before anything else that may be wrong with the request."""
    assert await refusal(way, Bench(access=make_access()), "é" * 11) == (401, "key_missing")
    assert await refusal(way, Bench(access=make_access(), key="wrong"), "a") == (401, "key_invalid")
    bench = Bench(access=make_access(), key=SECRET)
    await way(bench, "a")
    assert bench.call.record.key_name == "a"
    assert SECRET not in repr(bench.call)


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_in_counts_for_the_key(way: Callable[..., Any]) -> None:
    access = make_access(make_key(characters_per_month=3))
    for _ in range(3):
        await way(Bench(access=access, key=SECRET), "a")
    assert await refusal(way, Bench(access=access, key=SECRET), "a") == (429, "quota_exceeded")
    assert Bench(access=access).serving.usage(Bench(access=access, key=SECRET).call) == KeyUsage(3, 3)


@pytest.mark.parametrize("way", [way for way in WAYS if way is not Bench.detect])
async def test_every_way_in_gives_the_key_its_share_and_its_models(way: Callable[..., Any]) -> None:
    key = make_key(models=frozenset({MODEL_ID}))
    bench = Bench(access=make_access(key), key=SECRET)
    await way(bench, "a")
    (allowance,) = [*bench.translator.allowances, *bench.summarizer.allowances]
    assert (allowance.share, allowance.models) == (key.share, key.models)


@pytest.mark.parametrize("way", TEXTS)
async def test_a_key_is_refused_a_model_that_is_not_its_own(way: Callable[..., Any]) -> None:
    bench = Bench(access=make_access(make_key(models=frozenset({"another"}))), key=SECRET)
    assert await refusal(way, bench, "a", model=MODEL_ID) == (403, "key_not_for_model")


@pytest.mark.parametrize("way", [Bench.translate, Bench.translate_stream, Bench.align, Bench.detect])
async def test_what_fails_is_not_charged(way: Callable[..., Any]) -> None:
    access = make_access(make_key(characters_per_month=3))
    bench = Bench(access=access, key=SECRET)
    bench.translator.failures["abc"] = ServiceError("timeout", "Any.")
    with pytest.raises(ServiceError, match="Any"):
        await way(bench, "abc")
    assert bench.serving.usage(bench.call) == KeyUsage(0, 3)


async def test_a_stream_that_is_left_is_charged_once_something_came() -> None:
    access = make_access(make_key(characters_per_month=9))
    bench = Bench(access=access, key=SECRET)
    request = TranslationRequest(text="two words", target_lang="pt")
    async with aclosing(bench.serving.stream(bench.serving.translation, [request], bench.call)) as events:
        await anext(events)
    assert bench.serving.usage(bench.call) == KeyUsage(9, 9)


async def test_without_keys_nobody_has_used_anything() -> None:
    bench = Bench(key="whatever a client sends")
    await bench.translate("a")
    assert bench.serving.usage(bench.call) == KeyUsage(0, None)
    assert bench.call.record.key_name is None


async def test_the_texts_of_a_request_are_admitted_at_once_and_recorded() -> None:
    bench = Bench()
    await bench.translate("ab", "c")
    assert bench.translator.calls == [2]
    record = bench.call.record
    assert (record.model, record.num_texts, record.num_characters) == (MODEL_ID, 2, 3)


async def test_a_stream_is_counted_and_recorded_as_the_whole_answer_is() -> None:
    def counted(metrics: ServiceMetrics) -> list[str]:
        lines = render_metrics({"r": metrics.snapshot()}).decode().splitlines()
        return [line for line in lines if "seconds" not in line or "_count" in line]

    whole, streamed = Bench(), Bench()
    request = SummaryRequest(text="one two", alignment="links")
    (result,) = await whole.serving.ask(whole.serving.summarization, [request], whole.call)
    stream = streamed.serving.stream(streamed.serving.summarization, [request], streamed.call)
    events = [event async for event in stream]
    assert events[-1] == DoneEvent(result)
    assert counted(whole.metrics) == counted(streamed.metrics)
    assert whole.call.record == streamed.call.record


@pytest.mark.parametrize("is_narrowed", [False, True])
async def test_a_key_is_served_by_the_models_that_it_is_for(is_narrowed: bool) -> None:
    access = make_access(make_key(models=frozenset({MODEL_ID}) if is_narrowed else None))
    some = FakeTranslator(), FakeSummarizer()
    bench = Bench(access=access, key=SECRET, narrowed={frozenset({MODEL_ID}): pipeline_of(*some)})
    whole = bench.translator, bench.summarizer
    await bench.translate("a")
    await bench.translate_stream("a")
    await bench.align("a", "b")
    await bench.summarize("a")
    await bench.detect("a")
    asked, idle = (some, whole) if is_narrowed else (whole, some)
    assert [len(one.allowances) for one in asked] == [3, 1]
    assert [len(one.allowances) for one in idle] == [0, 0]
