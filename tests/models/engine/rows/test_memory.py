"""A source costs its own length, memory comes back, and what can never fit is refused."""

from __future__ import annotations

import dataclasses
import pickle
import random

import pytest

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import (
    AlignmentRequest,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.engine.rows.row_costs import MAX_SHARED_SOURCE, USUAL_SOURCE
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.engine.sequence import Sequence
from crosslate.models.errors import SourceTooLargeError
from crosslate.models.loading import LoadedModel
from crosslate.models.specs.spec import stacks_of
from tests.models.engine.integrity import check_integrity
from tests.models.families.cases import LED_SIZES, LONG_INPUTS
from tests.models.families.parity import build_checkpoint

LONGEST = 16_384
TWEET = 40
PARAMS = GenerationParams(max_new_tokens=20, min_new_tokens=20, no_repeat_ngram_size=0)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """LED's shape, tiny but for its positions."""
    settings = LED_SIZES | {"max_encoder_position_embeddings": LONGEST}
    case = dataclasses.replace(LONG_INPUTS[0], settings=settings)
    return build_checkpoint(case, tmp_path_factory.mktemp("led")).loaded


def source_bytes(loaded: LoadedModel, num_tokens: int) -> int:
    """Keys and values in float32, of every layer."""
    stack = stacks_of(loaded.spec).decoder
    return 2 * stack.num_layers * stack.inner_dim * num_tokens * 4


def make_engine(loaded: LoadedModel, *, max_cache_bytes: int | None = None) -> tuple[Engine, ModelRunner]:
    runner = ModelRunner(loaded.model)
    config = SchedulerConfig(max_slots=64, max_cache_bytes=max_cache_bytes, max_waiting=100)
    return Engine(runner, config, loaded.default_params, make_chooser), runner


def requests(length: int, count: int = 1, params: GenerationParams = PARAMS) -> list[GenerationRequest]:
    rng = random.Random(length)
    return [
        GenerationRequest(source_ids=[*(rng.randrange(5, 50) for _ in range(length - 1)), 2], params=params)
        for _ in range(count)
    ]


def run(engine: Engine) -> dict[int, GenerationOutput]:
    found: dict[int, GenerationOutput] = {}
    while engine.has_work:
        found |= {e.request_id: e for e in engine.step() if isinstance(e, GenerationOutput)}
    return found


def test_a_book_beside_tweets_costs_its_own_length_and_gives_it_back(loaded: LoadedModel) -> None:
    engine, runner = make_engine(loaded)
    tweets, (book,) = requests(TWEET, 32), requests(LONGEST)
    alone = {r.request_id: make_engine(loaded)[0].generate([r])[0].token_ids for r in [*tweets[:2], book]}
    for tweet in tweets:
        engine.add(tweet)
    engine.step()
    before = runner.num_bytes
    engine.add(
        dataclasses.replace(book, params=dataclasses.replace(PARAMS, max_new_tokens=8, min_new_tokens=8))
    )
    engine.step()
    engine.step()
    own = source_bytes(loaded, LONGEST)
    assert own <= runner.num_bytes - before < 1.01 * own
    outputs: dict[int, GenerationOutput] = {}
    while len(outputs) == 0:
        outputs |= {e.request_id: e for e in engine.step() if isinstance(e, GenerationOutput)}
    assert list(outputs) == [book.request_id]
    assert runner.num_bytes == before
    outputs |= run(engine)
    assert runner.num_bytes == 0
    for request_id, token_ids in alone.items():
        assert outputs[request_id].token_ids[:8] == token_ids[:8]


def test_sources_of_like_length_share_storage_that_shrinks_with_them(loaded: LoadedModel) -> None:
    runner = ModelRunner(loaded.model)
    lengths = [USUAL_SOURCE + 1, 2 * USUAL_SOURCE, *[300] * 7, USUAL_SOURCE, 3, 2000, MAX_SHARED_SOURCE + 1]
    sequences = [
        Sequence(request=request, arrival_s=0.0, params=PARAMS, max_new_tokens=20)
        for length in lengths
        for request in requests(length)
    ]
    for sequence in sequences:
        runner.join([sequence])
    assert sorted(len(batch.sequences) for batch in runner.batches) == [1, 1, 2, 9]
    for sequence in sequences[1:9]:
        (shared,) = (batch for batch in runner.batches if sequences[0] in batch.sequences)
        runner.leave([sequence])
        assert shared.state.num_rows <= 2 * len(shared.sequences)
    assert runner.num_bytes <= sum(
        runner.row_costs.charged(1, s.num_source_tokens, 20) for s in [sequences[0], *sequences[9:]]
    )
    runner.leave([sequences[0], *sequences[9:]])
    assert runner.num_bytes == 0


@pytest.mark.parametrize("num_beams", [1, 3])
@pytest.mark.parametrize("length", [5, 64, 700, MAX_SHARED_SOURCE + 5])
def test_what_runs_takes_no_more_than_was_reckoned_with(
    loaded: LoadedModel, length: int, num_beams: int
) -> None:
    """What is there while it joins comes on top of the row's storage."""
    params = dataclasses.replace(PARAMS, num_beams=num_beams)
    engine, runner = make_engine(loaded)
    for count in (1, 5):
        needed = runner.row_costs.needed(num_beams, length, 20)
        charged = runner.row_costs.charged(num_beams, length, 20)
        limit = needed if count == 1 else count * charged
        for request in requests(length, count, params):
            engine.add(request)
        while engine.has_work:
            engine.step()
            assert runner.num_bytes + source_bytes(loaded, length) <= limit


def test_admission_waits_for_memory_and_never_for_ever(loaded: LoadedModel) -> None:
    charged = ModelRunner(loaded.model).row_costs.charged(1, 300, 20)
    engine, runner = make_engine(loaded, max_cache_bytes=3 * charged)
    asked = requests(300, 8)
    expected = {r.request_id: make_engine(loaded)[0].generate([r])[0].token_ids for r in asked[:2]}
    for request in asked:
        engine.add(request)
    engine.step()
    assert engine.stats().num_running == 3
    outputs: dict[int, GenerationOutput] = {}
    while engine.has_work:
        outputs |= {e.request_id: e for e in engine.step() if isinstance(e, GenerationOutput)}
        check_integrity(engine.scheduler)
        assert runner.num_bytes <= 3 * charged
    assert len(outputs) == 8
    assert all(outputs[request_id].token_ids == ids for request_id, ids in expected.items())


def test_a_source_that_can_never_fit_is_refused_and_the_longest_that_does_is_named(
    loaded: LoadedModel,
) -> None:
    costs = ModelRunner(loaded.model).row_costs
    engine, _ = make_engine(loaded, max_cache_bytes=costs.needed(1, 9000, 20))
    (book,) = requests(LONGEST)
    with pytest.raises(SourceTooLargeError, match="16384 tokens, at most 9000 fit into the memory") as raised:
        engine.add(book)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)
    with pytest.raises(SourceTooLargeError, match="fit with 2 beams or samples"):
        engine.add(requests(9000, 1, dataclasses.replace(PARAMS, num_beams=2))[0])
    assert not engine.has_work
    (output,) = engine.generate(requests(9000))
    assert len(output.token_ids) == 20
    assert engine.align(book.source_ids[:9000], [5, 2]).shape[-1] == 9000
    tiny, _ = make_engine(loaded, max_cache_bytes=100)
    with pytest.raises(SourceTooLargeError, match="at most 0 fit"):
        tiny.prepare(AlignmentRequest(source_ids=[5, 2], target_ids=[5, 2]))
