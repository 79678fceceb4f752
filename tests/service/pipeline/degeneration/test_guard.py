from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from crosslate.models.engine.request import (
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.service.loading.loading import LocalModel, load_local_model
from crosslate.service.pipeline.degeneration.faults import Fault
from crosslate.service.pipeline.degeneration.guard import MAX_SCORE_LOSS, Verdict
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.fidelity.stand_ins.habits import CopyHabits
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import DoneEvent, TranslationRequest, TranslationResult
from crosslate.service.settings.config import ModelSettings
from tests.service.pipeline.fakes import (
    EOS,
    SECOND_TRY_FAILURES,
    FailingSecondTry,
    FakeEngine,
    looping,
    served_model,
)
from tests.service.pipeline.helpers import request

LONG = "one two three four five six seven eight nine ten eleven twelve dog cat cow pig hen ant bee fly elk"


def has_second_params(params: GenerationParams) -> bool:
    return any((params.no_repeat_ngram_size, params.encoder_no_repeat_ngram_size, params.min_new_tokens))


class DegenerateEngine(FakeEngine):
    """Its first try is `bad`, and so is the second unless `mends`."""

    def __init__(self, bad: Callable[[list[int]], list[int]], *, mends: bool = True) -> None:
        super().__init__(bad)
        self.mends = mends
        self.score_of_second = -0.5

    def _output(self, request: GenerationRequest) -> GenerationOutput:
        if not (self.mends and has_second_params(request.params)):
            return super()._output(request)
        good = FakeEngine(backwards)._output(request)
        (hypothesis,) = good.hypotheses
        hypothesis = dataclasses.replace(hypothesis, score=self.score_of_second)
        return dataclasses.replace(good, hypotheses=(hypothesis,))


def backwards(ids: list[int]) -> list[int]:
    """Something other than the source: every second word, in reverse."""
    return [*ids[-3::-2], EOS]


def copying(ids: list[int]) -> list[int]:
    return ids


def dropping(ids: list[int]) -> list[int]:
    return [ids[0], EOS]


def drawling(ids: list[int]) -> list[int]:
    """Long, and without any repetition in a row."""
    return [*(ids[i % (len(ids) - 1)] for n in range(20) for i in range(n, n + 8)), EOS]


CASES = [
    (looping, Fault.REPETITION, GenerationParams(no_repeat_ngram_size=3, repetition_penalty=1.2)),
    (copying, Fault.COPY, GenerationParams(encoder_no_repeat_ngram_size=3)),
    (drawling, Fault.TOO_LONG, GenerationParams(no_repeat_ngram_size=3, repetition_penalty=1.2)),
    (dropping, Fault.TOO_SHORT, GenerationParams(min_new_tokens=11)),
]


def translator(
    engine: FakeEngine, *, has_guard: bool = True, pair: tuple[str, str] = ("en", "pt")
) -> Translator:
    return Translator(ModelCatalog([served_model(engine=engine, pairs=(pair,))]), has_guard=has_guard)


async def translate(engine: FakeEngine, text: str = LONG, **changes: object) -> TranslationResult:
    return await translator(engine).translate(request(text, **changes))


async def streamed(engine: FakeEngine, asked: TranslationRequest) -> TranslationResult:
    events = [event async for event in translator(engine).stream(asked)]
    assert isinstance(events[-1], DoneEvent)
    return events[-1].result


@pytest.mark.parametrize(("bad", "fault", "params"), CASES)
async def test_a_degenerate_piece_is_tried_again(
    bad: Callable[[list[int]], list[int]], fault: Fault, params: GenerationParams
) -> None:
    engine = DegenerateEngine(bad)
    result = await translate(engine, alignment="links")
    assert result.text == second_text(engine)
    assert result.verdicts == [Verdict(fault, "replaced")]
    assert result.warnings == []  # nothing is wrong with what is given
    first, second = engine.requests
    assert (first.params, second.params) == (GenerationParams(), params)
    assert second.attention == first.attention
    assert result.alignment is not None


def second_text(engine: FakeEngine) -> str:
    """What the second try says."""
    ids = backwards(engine.requests[0].source_ids)
    return " ".join(LONG.split()[i - 1] for i in ids[:-1])


@pytest.mark.parametrize(("bad", "fault", "params"), CASES)
async def test_the_first_output_stays_where_the_second_is_no_better(
    bad: Callable[[list[int]], list[int]], fault: Fault, params: GenerationParams
) -> None:
    engine = DegenerateEngine(bad, mends=False)
    result = await translate(engine)
    assert len(engine.requests) == 2
    assert result.verdicts == [Verdict(fault, "kept")]
    assert "the first output is given" in result.warnings[0].message


async def test_a_second_output_that_the_model_hardly_believes_is_not_taken() -> None:
    engine = DegenerateEngine(copying)
    engine.score_of_second = -0.5 - MAX_SCORE_LOSS - 0.01
    result = await translate(engine)
    assert result.text == LONG
    assert result.verdicts == [Verdict(Fault.COPY, "kept")]


@pytest.mark.parametrize(
    ("bad", "params"),
    [
        (looping, GenerationParams(repetition_penalty=1.0)),
        (looping, GenerationParams(no_repeat_ngram_size=0)),
        (drawling, GenerationParams(repetition_penalty=1.1)),
        (copying, GenerationParams(encoder_no_repeat_ngram_size=0)),
    ],
)
async def test_what_the_request_sets_is_kept_and_the_fault_only_named(
    bad: Callable[[list[int]], list[int]], params: GenerationParams
) -> None:
    engine = DegenerateEngine(bad)
    result = await translate(engine, params=params)
    assert [asked.params for asked in engine.requests] == [params]
    assert [verdict.outcome for verdict in result.verdicts] == ["warned"]
    assert "not tried again" in result.warnings[0].message


@pytest.mark.parametrize(
    ("bad", "params"),
    [(dropping, GenerationParams(max_new_tokens=2)), (drawling, GenerationParams(min_new_tokens=150))],
)
async def test_a_length_that_was_asked_for_is_no_fault(
    bad: Callable[[list[int]], list[int]], params: GenerationParams
) -> None:
    assert (await translate(FakeEngine(bad), params=params)).verdicts == []


async def test_an_output_that_reached_its_limit_is_not_called_short() -> None:
    engine = FakeEngine(dropping)
    engine.finish_reason = FinishReason.LENGTH
    assert (await translate(engine)).verdicts == []


async def test_the_second_try_keeps_everything_else() -> None:
    engine = DegenerateEngine(looping)
    given = GenerationParams(do_sample=True, seed=7, temperature=0.8, max_new_tokens=50)
    await translate(engine, params=given)
    assert engine.requests[1].params == dataclasses.replace(
        given, no_repeat_ngram_size=3, repetition_penalty=1.2
    )


async def test_only_the_piece_at_fault_is_tried_again() -> None:
    engine = FakeEngine(lambda ids: looping(ids) if len(ids) > 5 else ids)
    result = await translate(engine, text="One two.\nThis one has enough words.\nThree four.")
    assert len(engine.requests) == 4
    assert [warning.message.split(" repeated")[0] for warning in result.warnings] == ["Segment 2"]


async def test_close_languages_share_sentences() -> None:
    engine = FakeEngine(copying)
    text = "vi ses i morgen eller i overmorgen"
    asked = request(text, source_lang="da", target_lang="nb")
    assert (await translator(engine, pair=("da", "nb")).translate(asked)).verdicts == []


async def test_it_can_be_switched_off() -> None:
    engine = DegenerateEngine(looping)
    result = await translator(engine, has_guard=False).translate(request(LONG))
    assert (len(engine.requests), result.verdicts, result.warnings) == (1, [], [])


@pytest.mark.parametrize("error", SECOND_TRY_FAILURES)
async def test_a_second_try_never_fails_a_request(error: Exception) -> None:
    result = await translate(FailingSecondTry(looping, error))
    assert result.verdicts == [Verdict(Fault.REPETITION, "kept")]


class TestStreaming:
    async def test_tokens_cannot_be_taken_back(self) -> None:
        engine = DegenerateEngine(looping)
        result = await streamed(engine, request(LONG))
        assert len(engine.requests) == 1
        assert result.verdicts == [Verdict(Fault.REPETITION, "warned")]
        assert "Segment 1 repeated itself" in result.warnings[0].message

    async def test_outputs_that_come_whole_are_tried_again(self) -> None:
        asked = request(LONG, params=GenerationParams(num_beams=4))
        result = await streamed(DegenerateEngine(looping), asked)
        assert result.verdicts == [Verdict(Fault.REPETITION, "replaced")]
        assert result == await translator(DegenerateEngine(looping)).translate(asked)


@pytest.fixture(scope="module")
def starter() -> Iterator[LocalModel]:
    # In float32: whether a sentence loops hangs on rounding.
    model = load_local_model(ModelSettings(id="starter/pt-en", dtype="float32"), num_threads=1)
    yield model
    model.engine.close()


async def test_a_real_loop(starter: LocalModel) -> None:
    asked = request("这是一个测试句子。", source_lang="pt", target_lang="en")
    # A model that is said to know everything is given what it does not know.
    catalog = ModelCatalog([dataclasses.replace(starter.served, copying=CopyHabits())])
    looping = await Translator(catalog, has_guard=False).translate(asked)
    assert looping.text.count("s s s s s s s s") > 5
    guarded = await Translator(catalog).translate(asked)
    assert "s s s" not in guarded.text
    assert guarded.verdicts == [Verdict(Fault.REPETITION, "replaced")]
