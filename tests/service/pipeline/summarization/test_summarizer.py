from __future__ import annotations

import asyncio
import dataclasses
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.engine.request import (
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
    SentenceStop,
)
from crosslate.models.errors import DeadlineExceededError, DrainingError, QueueFullError
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.summarization.summarizer import Summarizer
from crosslate.service.pipeline.summarization.types import (
    ChunkEvent,
    SummaryEvent,
    SummaryRequest,
)
from crosslate.service.pipeline.text.offsets import slice_text
from crosslate.service.pipeline.types import Allowance, DoneEvent, TokenEvent
from tests.service.pipeline.fakes import EOS, FakeEngine, served_model
from tests.service.pipeline.summarization.helpers import (
    lead,
    make_summarizer,
    numbered,
    request,
    summarizer_model,
)


async def streamed(summarizer: Summarizer, asked: SummaryRequest) -> tuple[str, list[SummaryEvent]]:
    """The texts of all events put together, and the events."""
    events = [event async for event in summarizer.stream(asked)]
    texts = [event.text for event in events if isinstance(event, TokenEvent | ChunkEvent)]
    return "".join(texts), events


async def test_a_text_within_the_window_is_read_whole() -> None:
    engine = lead(5)
    result = await make_summarizer(engine).summarize(request(numbered(3)))
    assert result.text == "S0 w0x0 w0x1 w0x2 w0x3"
    assert (result.model, result.finish_reason, result.warnings) == ("lead", "stop", [])
    assert result.score == pytest.approx(-0.5)
    (chunk,) = result.chunks
    assert (chunk.level, chunk.source, chunk.text) == (0, (0, len(numbered(3))), result.text)
    assert (result.num_characters, result.num_prompt_tokens, result.num_generation_tokens) == (
        len(numbered(3)),
        31,
        6,
    )
    (asked,) = engine.requests
    assert (asked.params.min_new_tokens, asked.params.max_new_tokens) == (2, 12)
    assert asked.attention is None


async def test_the_texts_of_a_request_are_one_flow() -> None:
    engine = lead(5)
    summarizer = make_summarizer(engine)
    await summarizer.summarize_all([request(numbered(40)), request(numbered(20))])
    (flow,) = {asked.flow for asked in engine.requests}
    await summarizer.summarize(request(numbered(20)))
    assert engine.requests[-1].flow not in {flow, None}


async def test_a_longer_text_is_read_in_chunks_of_like_size_and_reduced() -> None:
    text = numbered(40)
    result = await make_summarizer().summarize(request(text))
    levels = [chunk.level for chunk in result.chunks]
    assert levels == sorted(levels)
    spans = [chunk.source for chunk in result.chunks if chunk.level == 0]
    assert (spans[0][0], spans[-1][1]) == (0, len(text))
    assert all(text[one[1] : other[0]] == " " for one, other in itertools.pairwise(spans))
    parts = [chunk for chunk in result.chunks if chunk.level == levels[-1]]
    assert result.text == " ".join(part.text for part in parts)
    assert [part.text.split()[0] for part in parts] == ["S0", "S12", "S24", "S36"]
    covered = [part.source for part in parts]
    assert (covered[0][0], covered[-1][1]) == (0, len(text))


@pytest.mark.parametrize("num_sentences", [12, 40, 80, 400])
async def test_a_longer_text_has_a_longer_summary_and_a_short_one_stays_short(num_sentences: int) -> None:
    num_words = {}
    for length in ("short", "medium", "auto", "long"):
        engine = lead(8)
        result = await make_summarizer(engine).summarize(request(numbered(num_sentences), length=length))
        num_words[length] = len(result.text.split())
        last = [chunk for chunk in result.chunks if chunk.level == result.chunks[-1].level]
        limits = [asked.params.max_new_tokens or 0 for asked in engine.requests[-len(last) :]]
        growth = math.sqrt(num_sentences * 10 / 40) if length in {"auto", "long"} else 1
        room = round({"short": 6, "medium": 12, "auto": 12, "long": 24}[length] * growth)
        # Either the last level was asked to keep within the room, or it happened to be.
        assert sum(limits) <= room or len(result.text.split()) <= room
    assert num_words["short"] == num_words["medium"] == 8
    assert num_words["auto"] > 8
    assert num_words["long"] >= num_words["auto"]


async def test_the_callers_limit_holds_for_all_parts_of_a_summary() -> None:
    for params in (
        GenerationParams(max_new_tokens=30),
        GenerationParams(max_new_tokens=30, min_new_tokens=20),
    ):
        engine = lead(8)
        result = await make_summarizer(engine).summarize(request(numbered(80), params=params))
        last = [chunk for chunk in result.chunks if chunk.level == result.chunks[-1].level]
        bounds = [asked.params for asked in engine.requests[-len(last) :]]
        assert len(last) > 1
        assert sum(part.max_new_tokens or 0 for part in bounds) <= 30
        assert sum(part.min_new_tokens or 0 for part in bounds) >= (params.min_new_tokens or 0)


async def test_parts_of_a_summary_that_were_cut_are_told() -> None:
    engine = lead(14)
    engine.finish_reason = FinishReason.LENGTH
    result = await make_summarizer(engine).summarize(request(numbered(80)))
    last = [chunk for chunk in result.chunks if chunk.level == result.chunks[-1].level]
    assert len(last) > 1
    assert result.finish_reason == "length"
    assert messages(result.warnings) == [
        f"{len(last)} of the {len(last)} parts of the summary reached the limit of output tokens: an "
        "unfinished sentence was left out, or is cut there where it is a part's only one."
    ]


async def test_summaries_that_are_short_enough_are_the_summary() -> None:
    result = await make_summarizer(lead(3)).summarize(request(numbered(9)))
    assert [chunk.level for chunk in result.chunks] == [0, 0, 0]
    assert result.text == "S0 w0x0 w0x1 S3 w3x0 w3x1 S6 w6x0 w6x1"
    assert result.score == pytest.approx(-0.5)


async def test_a_sentence_longer_than_the_window_is_read_in_parts_with_a_warning() -> None:
    result = await make_summarizer().summarize(request(numbered(1, words=100)))
    assert "1 sentence(s) longer than the model takes (40 tokens)" in result.warnings[0].message
    assert sum(chunk.level == 0 for chunk in result.chunks) > 1


async def test_a_model_that_copies_everything_ends_all_the_same() -> None:
    engine = FakeEngine()
    result = await make_summarizer(engine).summarize(request(numbered(30)))
    assert "could not be shortened further" in result.warnings[0].message
    assert {chunk.level for chunk in result.chunks} == {0}


@pytest.mark.parametrize("text", ["Few words.", "Two words.\n\n- ten\n"])
async def test_a_text_shorter_than_a_summary_comes_back_as_it_is(text: str) -> None:
    engine = lead(2)
    asked = request(text, length="long", alignment="links")
    result = await make_summarizer(engine).summarize(asked)
    assert (result.text, result.chunks, result.finish_reason) == (text, [], "stop")
    assert "returned as it is" in result.warnings[0].message
    assert engine.requests == []
    assert result.alignment is not None
    for sentence in result.alignment.sentences:
        assert [(s.source, s.mass) for s in sentence.sources] == [(sentence.target, 1.0)]
    assert result.alignment.words is not None
    assert all(link.source == link.target for link in result.alignment.words.links)
    assert (await streamed(make_summarizer(engine), asked))[0] == text


@pytest.mark.parametrize("text", ["", " \n\t", "---\n***", "…"])
async def test_a_text_without_words_comes_back_and_is_told_unless_it_is_blank(text: str) -> None:
    result = await make_summarizer().summarize(request(text, alignment="matrix"))
    warnings = ["The text has no words to summarize; it is returned as it is."] if text.strip() else []
    said = messages(result.warnings)
    assert (result.text, said, result.chunks) == (text, warnings, [])
    assert result.alignment is not None
    assert result.alignment.sentences == []


@pytest.mark.parametrize("num_beams", [1, 4])
async def test_a_summary_that_is_no_shorter_than_its_text_says_so(num_beams: int) -> None:
    """Of a text just too long to be returned as it is, a model may leave nothing out."""
    asked = request(
        numbered(3).replace(" ", "\n", 1), params=GenerationParams(num_beams=num_beams, max_new_tokens=99)
    )
    copied = await make_summarizer(FakeEngine()).summarize(asked)
    assert copied.chunks
    assert messages(copied.warnings) == ["The summary is no shorter than the text."]
    _, events = await streamed(make_summarizer(FakeEngine()), asked)
    assert isinstance(events[-1], DoneEvent)
    assert events[-1].result.warnings == copied.warnings
    assert (await make_summarizer(lead(5)).summarize(asked)).warnings == []


async def test_a_summary_is_never_empty() -> None:
    engine = FakeEngine(lambda _: [EOS])
    result = await make_summarizer(engine).summarize(request(numbered(3), alignment="sentences"))
    assert result.text == numbered(1)
    assert "stands in for it" in result.warnings[0].message
    assert result.alignment is not None
    (sentence,) = result.alignment.sentences
    assert [source.mass for source in sentence.sources] == [1.0]
    assert sentence.sources[0].source == (0, len(numbered(1)))


async def test_a_summary_that_was_cut_says_so() -> None:
    engine = lead(8)
    engine.finish_reason = FinishReason.LENGTH
    result = await make_summarizer(engine).summarize(request(numbered(3)))
    assert result.finish_reason == "length"
    assert "limit of output tokens (9)" in result.warnings[0].message


@pytest.mark.parametrize(
    "params",
    [
        GenerationParams(),
        GenerationParams(num_beams=2),
        GenerationParams(max_new_tokens=15),
        GenerationParams(num_beams=2, max_new_tokens=15),
    ],
    ids=str,
)
async def test_a_sentence_that_was_cut_is_left_out(params: GenerationParams) -> None:
    engine = lead(14)
    engine.finish_reason = FinishReason.LENGTH
    asked = request(numbered(3), params=params, alignment="links")
    whole = await make_summarizer(engine).summarize(asked)
    assert whole.text.endswith("w0x7 .")
    assert whole.finish_reason == "length"
    assert "an unfinished sentence was left out" in whole.warnings[0].message
    assert (await streamed(make_summarizer(engine), asked))[0] == whole.text
    assert whole.alignment is not None
    assert whole.alignment.words is not None
    assert whole.alignment.words.pharaoh.split()[-1] == "9-9"


async def test_a_summary_whose_limit_falls_on_a_sentences_end_is_whole() -> None:
    engine = lead(10)
    engine.finish_reason = FinishReason.LENGTH
    result = await make_summarizer(engine).summarize(request(numbered(3)))
    assert result.text.endswith("w0x7 .")
    assert (result.finish_reason, result.warnings) == ("length", [])


async def test_the_engine_is_told_where_sentences_end_and_has_room_for_it() -> None:
    engine = lead(3)
    marked = dataclasses.replace(summarizer_model(engine), sentence_marks=b"\0\1\2")
    summarizer = Summarizer(ModelCatalog([marked]))
    await summarizer.summarize(request(numbered(3)))
    await summarizer.summarize(request(numbered(3), params=GenerationParams(max_new_tokens=12)))
    own, given = engine.requests
    assert (own.stop, own.params.max_new_tokens) == (SentenceStop(12, b"\0\1\2"), 18)
    assert (given.stop, given.params.max_new_tokens) == (None, 12)


async def test_what_is_streamed_comes_by_whole_sentences() -> None:
    text, events = await streamed(make_summarizer(lead(25)), request(numbered(3)))
    told = [event.text for event in events if isinstance(event, TokenEvent)]
    assert told[0].endswith("w0x7 .")
    assert told[1].endswith("w1x7 .")
    assert "".join(told) == text


async def test_a_sentence_that_is_said_again_is_not_streamed() -> None:
    engine = FakeEngine(lambda ids: [*ids[:10], *ids[:10], *ids[10:20], EOS])
    text, events = await streamed(make_summarizer(engine), request(numbered(3)))
    assert text.count("S0") == 1
    assert text.endswith("w1x7 .")
    assert isinstance(events[-1], DoneEvent)
    assert events[-1].result.text == text


async def test_half_sentences_are_not_read_again() -> None:
    engine = lead(14)
    engine.finish_reason = FinishReason.LENGTH
    result = await make_summarizer(engine).summarize(request(numbered(40)))
    assert all(chunk.text.endswith(" .") for chunk in result.chunks[:-1])


async def test_lengths_reach_the_engine_and_the_callers_own_win() -> None:
    engine = lead(4)
    summarizer = make_summarizer(engine, window=200)
    for length in ("short", "medium", "long"):
        await summarizer.summarize(request(numbered(12), length=length))
    own = GenerationParams(max_new_tokens=7, num_beams=2)
    await summarizer.summarize(request(numbered(12), length="long", params=own))
    bounds = [(r.params.min_new_tokens, r.params.max_new_tokens) for r in engine.requests]
    assert bounds == [(1, 6), (3, 12), (6, 24), (6, 7)]
    assert engine.requests[-1].params.num_beams == 2


async def test_few_chunks_are_at_the_engine_at_once() -> None:
    engine = lead(5)
    await make_summarizer(engine).summarize(request(numbered(300)))
    assert engine.most_running == 16


async def test_a_document_of_20_000_words_is_accounted_for() -> None:
    text = numbered(2000, words=10)
    engine = lead(30)
    result = await make_summarizer(engine, window=512).summarize(request(text, alignment="sentences"))
    spans = [chunk.source for chunk in result.chunks if chunk.level == 0]
    assert (spans[0][0], spans[-1][1]) == (0, len(text))
    assert all(text[one[1] : other[0]] == " " for one, other in itertools.pairwise(spans))
    assert max(len(asked.source_ids) for asked in engine.requests) <= 512
    assert len(engine.requests) == len(result.chunks)
    assert engine.most_running == 16
    assert result.warnings == []
    assert result.alignment is not None
    assert all(sentence.sources for sentence in result.alignment.sentences)


async def test_a_full_queue_refuses_a_text_once_and_never_halfway() -> None:
    engine = lead(5)
    engine.failures.append(QueueFullError(1, 0.01))
    with pytest.raises(ServiceError) as raised:
        await make_summarizer(engine).summarize(request(numbered(40)))
    assert (raised.value.status, raised.value.retry_after_s) == (429, 0.01)
    assert len(engine.requests) == 1
    engine = lead(5)
    await make_summarizer(engine).summarize_all([request(numbered(40))] * 2)
    assert [asked.is_admitted for asked in engine.requests] == [False, *[True] * (len(engine.requests) - 1)]


@pytest.mark.parametrize(("error", "status"), [(DrainingError(), 503), (DeadlineExceededError(), 504)])
async def test_engine_errors_end_the_summary(error: Exception, status: int) -> None:
    engine = lead(5)
    engine.failures.append(error)  # type: ignore[arg-type]
    with pytest.raises(ServiceError) as raised:
        await make_summarizer(engine).summarize(request(numbered(40)))
    assert raised.value.status == status
    assert engine.num_running == 0


async def test_cancelling_frees_every_slot() -> None:
    engine = lead(5)
    engine.gate = asyncio.Event()
    task = asyncio.create_task(make_summarizer(engine).summarize(request(numbered(100))))
    while engine.num_running < 16:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.num_running == 0


@pytest.mark.parametrize("num_beams", [None, 4])
@pytest.mark.parametrize("num_sentences", [3, 9, 40])
@pytest.mark.parametrize("length", ["short", "auto"])
async def test_a_stream_is_the_summary(num_sentences: int, num_beams: int | None, length: str) -> None:
    params = GenerationParams(num_beams=num_beams)
    asked = request(numbered(num_sentences), length=length, alignment="sentences", params=params)
    text, events = await streamed(make_summarizer(), asked)
    plain = await make_summarizer().summarize(asked)
    assert text == plain.text
    last = events[-1]
    assert isinstance(last, DoneEvent)
    assert last.result == plain
    told = [event.chunk for event in events if isinstance(event, ChunkEvent)]
    assert sorted(told, key=lambda c: (c.level, c.source)) == plain.chunks


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=12),
    written=st.integers(0, 12),
    beams=st.sampled_from([None, 2]),
)
def test_streaming_equals_not_streaming(lengths: list[int], written: int, beams: int | None) -> None:
    text = "\n".join(" ".join(f"w{n}x{i}" for i in range(length)) for n, length in enumerate(lengths))
    asked = request(text, params=GenerationParams(num_beams=beams))

    async def both() -> None:
        plain = await make_summarizer(lead(written)).summarize(asked)
        assert plain.text
        assert (await streamed(make_summarizer(lead(written)), asked))[0] == plain.text

    asyncio.run(both())


async def test_parts_that_finish_out_of_order_are_streamed_in_order() -> None:
    class Backwards(FakeEngine):
        """The later a chunk stands in the text, the sooner it is done."""

        num_asked = 0

        async def generate(
            self, request: GenerationRequest, *, timeout_s: float | None = None
        ) -> GenerationOutput:
            self.num_asked += 1
            for _ in range(50 - self.num_asked):
                await asyncio.sleep(0)
            return await super().generate(request, timeout_s=timeout_s)

    asked = request(numbered(80))
    text, events = await streamed(make_summarizer(Backwards(lead(8).translate)), asked)
    assert text == (await make_summarizer().summarize(asked)).text
    last = [event for event in events if isinstance(event, ChunkEvent) and event.chunk.level == 2]
    assert [event.chunk.source for event in last] != sorted(event.chunk.source for event in last)


async def test_a_long_text_has_its_time_limit_for_each_round_of_parts() -> None:
    text = numbered(40)  # 14 parts, two at a time
    for longest_s, allowed_s in ((None, 1000), (9000, 7000), (2500, 2500), (500, 1000)):
        engine = lead(8)
        summarizer = make_summarizer(engine, max_concurrent=2)
        await summarizer.summarize(request(text), Allowance(timeout_s=1000, longest_timeout_s=longest_s))
        first_s = engine.timeouts[0]
        assert first_s is not None
        assert allowed_s - 400 < first_s <= allowed_s
    engine = lead(8)
    await make_summarizer(engine).summarize(request(text), Allowance(longest_timeout_s=1000))
    assert set(engine.timeouts) == {None}


@pytest.mark.parametrize("unit", ["codepoint", "utf16", "utf8"])
async def test_chunks_are_in_the_unit_that_was_asked_for(unit: str) -> None:
    text = "\n\n".join(f"😀 é{n} " + "wörd " * 12 for n in range(9))
    result = await make_summarizer().summarize(request(text, offset_unit=unit))
    covered = [slice_text(text, chunk.source, unit) for chunk in result.chunks if chunk.level == 0]  # type: ignore[arg-type]
    assert len(covered) > 1
    assert all(part.startswith("é") and part.endswith("d") for part in covered)


async def test_who_summarizes() -> None:
    assert (await make_summarizer().summarize(request("", model="lead"))).model == "lead"
    for model, status, code in (("toy", 400, "wrong_task"), ("none", 404, "model_not_found")):
        with pytest.raises(ServiceError) as raised:
            await make_summarizer().summarize(request("", model=model))
        assert (raised.value.status, raised.value.code) == (status, code)
    with pytest.raises(ServiceError) as raised:
        await Summarizer(ModelCatalog([served_model()])).summarize(request("a"))
    assert (raised.value.status, raised.value.code) == (400, "no_summarizer")


async def test_what_cannot_be_read_or_linked_is_refused() -> None:
    with pytest.raises(ServiceError) as raised:
        await make_summarizer().summarize(request("abc\ud800"))
    assert raised.value.code == "invalid_text"
    engine = lead(5)
    with pytest.raises(ServiceError) as raised:
        await make_summarizer(engine).summarize(request(numbered(500), alignment="links"))
    assert (raised.value.status, raised.value.code) == (413, "alignment_too_large")
    assert engine.requests == []


async def test_decoding_that_has_no_effect_is_named() -> None:
    asked = request(numbered(12), params=GenerationParams(temperature=0.5, length_penalty=2.0, num_beams=1))
    result = await make_summarizer().summarize(asked)
    said = [notice.message for notice in result.warnings if notice.code == "option_ignored"]
    assert [message.partition(" ")[0] for message in said] == ["temperature", "length_penalty"]
