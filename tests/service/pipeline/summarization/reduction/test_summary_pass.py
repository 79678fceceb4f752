from __future__ import annotations

from collections.abc import Callable

import pytest

from crosslate.models.engine.request import (
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.service.pipeline.degeneration.faults import Fault
from crosslate.service.pipeline.degeneration.guard import Verdict
from crosslate.service.pipeline.summarization.types import SummaryResult
from crosslate.service.pipeline.types import DoneEvent
from crosslate.service.serving.metrics import ServiceMetrics, render_metrics
from crosslate.service.serving.serving import Call, RequestRecord
from tests.service.http.fakes import FakeTranslator, make_serving
from tests.service.pipeline.fakes import EOS, SECOND_TRY_FAILURES, FailingSecondTry, FakeEngine, looping
from tests.service.pipeline.summarization.helpers import make_summarizer, numbered, request


class DegenerateEngine(FakeEngine):
    """Its first try is `bad`, and so is the second unless `mends`."""

    def __init__(self, bad: Callable[[list[int]], list[int]], *, mends: bool = True) -> None:
        super().__init__(bad)
        self.mends = mends

    def _output(self, request: GenerationRequest) -> GenerationOutput:
        is_second = request.params.no_repeat_ngram_size == 3 or request.params.min_new_tokens == 3
        return FakeEngine(lead)._output(request) if self.mends and is_second else super()._output(request)


def lead(ids: list[int]) -> list[int]:
    return [*ids[:5], EOS]


def nothing(_: list[int]) -> list[int]:
    return [EOS]


LOOP_MENDED = GenerationParams(
    max_new_tokens=12, min_new_tokens=2, no_repeat_ngram_size=3, repetition_penalty=1.2
)
CASES = [
    (looping, Fault.REPETITION, LOOP_MENDED),
    (nothing, Fault.TOO_SHORT, GenerationParams(max_new_tokens=12, min_new_tokens=3)),
]


async def streamed(engine: FakeEngine, **changes: object) -> SummaryResult:
    events = [event async for event in make_summarizer(engine).stream(request(numbered(3), **changes))]
    assert isinstance(events[-1], DoneEvent)
    return events[-1].result


@pytest.mark.parametrize(("bad", "fault", "params"), CASES)
async def test_a_degenerate_summary_is_tried_again(
    bad: Callable[[list[int]], list[int]], fault: Fault, params: GenerationParams
) -> None:
    engine = DegenerateEngine(bad)
    result = await make_summarizer(engine).summarize(request(numbered(3), alignment="sentences"))
    assert result.text == "S0 w0x0 w0x1 w0x2 w0x3"
    assert result.verdicts == [Verdict(fault, "replaced")]
    assert result.warnings == []  # nothing is wrong with what is given
    first, second = engine.requests
    assert second.params == params
    assert second.attention == first.attention


@pytest.mark.parametrize(("bad", "fault", "params"), CASES)
async def test_the_first_output_stays_where_the_second_is_no_better(
    bad: Callable[[list[int]], list[int]], fault: Fault, params: GenerationParams
) -> None:
    engine = DegenerateEngine(bad, mends=False)
    result = await make_summarizer(engine).summarize(request(numbered(3)))
    assert [asked.params for asked in engine.requests][1:] == [params]
    assert result.verdicts == [Verdict(fault, "kept")]
    assert "the first output is given" in result.warnings[-1].message


async def test_only_the_part_at_fault_is_tried_again_and_named() -> None:
    text = numbered(9)  # three parts
    ids: dict[int, int] = {}

    def second_loops(source_ids: list[int]) -> list[int]:
        number = ids.setdefault(source_ids[0], len(ids))
        return looping(source_ids) if number == 1 else lead(source_ids)

    engine = FakeEngine(second_loops)
    result = await make_summarizer(engine).summarize(request(text, length="long"))
    assert [chunk.level for chunk in result.chunks] == [0, 0, 0]
    assert len(engine.requests) == 4
    assert [warning.message.split(" repeated")[0] for warning in result.warnings] == ["Chunk 2"]
    assert result.verdicts == [Verdict(Fault.REPETITION, "kept")]


async def test_to_copy_is_no_fault_nor_is_a_length() -> None:
    result = await make_summarizer(FakeEngine()).summarize(request(numbered(3)))
    assert result.text.startswith("S0 w0x0")
    assert result.verdicts == []
    engine = FakeEngine(lambda ids: [ids[0], EOS])
    assert (await make_summarizer(engine).summarize(request(numbered(3)))).verdicts == []


async def test_a_loop_of_the_source_is_none_of_the_summary() -> None:
    text = " ".join(["Ring the bell."] * 9)
    result = await make_summarizer(FakeEngine()).summarize(request(text))
    assert result.verdicts == []


async def test_nothing_within_the_limit_of_tokens_is_not_called_short() -> None:
    engine = FakeEngine(nothing)
    engine.finish_reason = FinishReason.LENGTH
    assert (await make_summarizer(engine).summarize(request(numbered(3)))).verdicts == []


@pytest.mark.parametrize(
    ("bad", "params"),
    [
        (looping, GenerationParams(repetition_penalty=1.0)),
        (looping, GenerationParams(no_repeat_ngram_size=0)),
        (nothing, GenerationParams(min_new_tokens=1)),
    ],
)
async def test_what_the_request_sets_is_kept_and_the_fault_only_named(
    bad: Callable[[list[int]], list[int]], params: GenerationParams
) -> None:
    engine = DegenerateEngine(bad)
    result = await make_summarizer(engine).summarize(request(numbered(3), params=params))
    assert len(engine.requests) == 1
    assert [verdict.outcome for verdict in result.verdicts] == ["warned"]


async def test_it_can_be_switched_off() -> None:
    engine = DegenerateEngine(looping)
    result = await make_summarizer(engine, has_guard=False).summarize(request(numbered(3)))
    assert (len(engine.requests), result.verdicts, result.warnings) == (1, [], [])


@pytest.mark.parametrize("error", SECOND_TRY_FAILURES)
async def test_a_second_try_never_fails_a_request(error: Exception) -> None:
    result = await make_summarizer(FailingSecondTry(looping, error)).summarize(request(numbered(3)))
    assert result.verdicts == [Verdict(Fault.REPETITION, "kept")]


async def test_tokens_cannot_be_taken_back() -> None:
    engine = DegenerateEngine(looping)
    result = await streamed(engine)
    assert len(engine.requests) == 1
    assert result.verdicts == [Verdict(Fault.REPETITION, "warned")]


async def test_summaries_that_come_whole_are_tried_again() -> None:
    params = GenerationParams(num_beams=4)
    result = await streamed(DegenerateEngine(looping), params=params)
    assert result.verdicts == [Verdict(Fault.REPETITION, "replaced")]
    plain = make_summarizer(DegenerateEngine(looping)).summarize(request(numbered(3), params=params))
    assert result == await plain


async def test_degenerate_summaries_are_counted() -> None:
    metrics = ServiceMetrics()
    serving = make_serving(FakeTranslator(), make_summarizer(DegenerateEngine(looping)), metrics)
    await serving.ask(serving.summarization, [request(numbered(3))], Call(record=RequestRecord("r")))
    assert (
        'crosslate_repetition_guard_total{model_name="lead",outcome="replaced",reason="repetition",replica="r",'
        'task="summarization"} 1.0' in render_metrics({"r": metrics.snapshot()}).decode()
    )
