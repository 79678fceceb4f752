from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator

import pytest

from crosslate.models.engine.async_engine import AsyncEngine
from crosslate.models.engine.engine_pool import EnginePool
from crosslate.models.engine.request import GenerationParams
from crosslate.models.errors import DeadlineExceededError, InvalidParamsError
from crosslate.models.loading import load_model
from crosslate.service.errors import ServiceError
from crosslate.service.loading.loading import served_model as described
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import DoneEvent, TokenEvent
from crosslate.service.settings.config import ModelSettings
from tests.service.pipeline.fakes import FailingSecondTry, FakeEngine, copied, served_model
from tests.service.pipeline.helpers import FixedDetector, request


def translator_of(engine: FakeEngine, **defaults: object) -> Translator:
    params = GenerationParams(**defaults)  # type: ignore[arg-type]
    model = dataclasses.replace(served_model(engine=engine), default_params=params)
    return Translator(ModelCatalog([model]), FixedDetector(), has_guard=False)


async def test_alternatives_combine_the_segments_ranks() -> None:
    engine = FakeEngine()
    asked = request("One two three. Four.", num_alternatives=2)
    result = await translator_of(engine, num_beams=4).translate(asked)
    assert [a.text for a in result.alternatives] == ["One two three. Four", "One two. "]
    assert result.alternatives[0].score < result.score
    assert len(engine.requests) == 2


@pytest.mark.parametrize(
    ("defaults", "given", "num_alternatives", "searches"),
    [
        ({"num_beams": 6}, {}, 1, [(None, 2, None)]),
        ({"num_beams": 6}, {}, 5, [(None, 6, None)]),
        ({"num_beams": 6}, {}, 6, [(None, None, None), (7, 7, None)]),
        ({"num_beams": 6}, {"num_beams": 2}, 1, [(2, 2, None)]),
        ({"num_beams": 6}, {"num_beams": 2}, 2, [(2, None, None), (4, 3, None)]),
        ({}, {}, 1, [(None, None, None), (4, 2, None)]),
        ({}, {"do_sample": True}, 5, [(None, None, True), (1, 6, True)]),
        ({"num_beams": 6}, {"do_sample": True}, 5, [(None, 6, True)]),
        ({"num_beams": 6}, {"do_sample": True}, 9, [(None, None, True), (1, 10, True)]),
        ({"do_sample": True}, {}, 1, [(None, None, None), (1, 2, None)]),
        ({"num_beams": 6}, {}, 0, [(None, None, None)]),
    ],
)
async def test_the_search_itself_gives_them_where_it_has_beams_enough(
    defaults: dict[str, object],
    given: dict[str, object],
    num_alternatives: int,
    searches: list[tuple[int | None, int | None, bool | None]],
) -> None:
    engine = FakeEngine()
    params = GenerationParams(**given)  # type: ignore[arg-type]
    asked = request("One two three four.", num_alternatives=num_alternatives, params=params)
    await translator_of(engine, **defaults).translate(asked)
    asked_for = [
        (r.params.num_beams, r.params.num_return_sequences, r.params.do_sample) for r in engine.requests
    ]
    assert asked_for == searches


async def test_a_language_is_forced_in_the_second_search_too() -> None:
    engine = FakeEngine()
    model = served_model(engine=engine)
    model.tokenizer.forced_bos["pt"] = 7  # type: ignore[attr-defined]
    translator = Translator(ModelCatalog([model]), FixedDetector(), has_guard=False)
    await translator.translate(request("One.", num_alternatives=1))
    assert [asked.params.forced_bos_token_id for asked in engine.requests] == [7, 7]


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (InvalidParamsError("4 slots are too many"), 400, "num_alternatives is 1, .*4 slots are too many"),
        (DeadlineExceededError(), 504, "timeout_s"),
    ],
)
async def test_a_refusal_of_the_second_search_is_about_what_was_asked_for(
    failure: Exception, status: int, words: str
) -> None:
    translator = translator_of(FailingSecondTry(copied, failure))
    with pytest.raises(ServiceError, match=words) as raised:
        await translator.translate(request("One.", num_alternatives=1))
    assert raised.value.status == status


SOURCE = "The old bridge is closed until further notice. Please use the road along the river instead."


@pytest.fixture(scope="module", params=[1, 6], ids=["greedy", "6 beams"])
def starter(request: pytest.FixtureRequest) -> Iterator[Translator]:
    """A model that searches with so many beams where nobody says otherwise."""
    loaded = load_model("starter/en-pt", dtype="float32")
    params = dataclasses.replace(loaded.default_params, num_beams=request.param)
    loaded = dataclasses.replace(loaded, default_params=params)
    engine = EnginePool([AsyncEngine(loaded.make_engine(), num_threads=1)])
    served = described(ModelSettings(id="starter/en-pt"), loaded, engine)
    yield Translator(ModelCatalog([served]))
    engine.close()


@pytest.mark.parametrize(
    "given",
    [{}, {"num_beams": 3}, {"do_sample": True, "seed": 5}, {"do_sample": True, "seed": 5, "num_beams": 3}],
    ids=str,
)
async def test_the_best_text_does_not_depend_on_how_many_others_are_wanted(
    starter: Translator, given: dict[str, object]
) -> None:
    params = GenerationParams(**given)  # type: ignore[arg-type]
    wanted = [0, 1, 3, 8]
    results = await asyncio.gather(
        *(starter.translate(request(SOURCE, num_alternatives=n, params=params)) for n in wanted)
    )
    for result, num_alternatives in zip(results, wanted, strict=True):
        assert result.text == results[0].text
        assert result.score == pytest.approx(results[0].score, abs=1e-4)
        texts = [alternative.text for alternative in result.alternatives]
        assert len({result.text, *texts}) == 1 + len(texts)
        assert (num_alternatives > 0) == bool(texts)
        assert len(texts) <= num_alternatives
    assert len(results[-1].alternatives) >= (3 if params.do_sample else 6), "samples may be equal"


async def test_samples_with_a_seed_are_the_same_again(starter: Translator) -> None:
    params = GenerationParams(do_sample=True, seed=5)
    asked = request(SOURCE, num_alternatives=8, params=params)
    results = [await starter.translate(asked) for _ in range(2)]
    first, second = ([one.text for one in result.alternatives] for result in results)
    assert first == second


async def test_a_stream_is_not_changed_by_them_either(starter: Translator) -> None:
    plain = [event async for event in starter.stream(request(SOURCE))]
    more = [event async for event in starter.stream(request(SOURCE, num_alternatives=8))]
    texts = [[event.text for event in events if isinstance(event, TokenEvent)] for events in (plain, more)]
    assert texts[0] == texts[1]
    done = more[-1]
    assert isinstance(done, DoneEvent)
    assert len(done.result.alternatives) >= 6


async def test_a_blank_beside_a_mark_makes_no_other_translation(starter: Translator) -> None:
    """Beam search finds `dorme .` beside `dorme.`; a blank between words is another wording."""
    result = await starter.translate(request("The black cat sleeps.", num_alternatives=5))
    texts = [alternative.text for alternative in result.alternatives]
    assert result.text == "O gato preto dorme."
    assert len(texts) == 4
    assert len({text.replace(" .", ".") for text in (result.text, *texts)}) == 5
    result = await starter.translate(request("Why not?", num_alternatives=5))
    assert result.text == "Por que não?"
    assert "Porque não?" in [alternative.text for alternative in result.alternatives]
