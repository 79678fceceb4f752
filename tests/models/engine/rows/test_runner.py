"""The runner against the network written down in numpy, whatever joins, leaves and changes lanes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.attention.dot_product import attention_weights
from crosslate.models.engine.request import AttentionSelection, GenerationParams, GenerationRequest
from crosslate.models.engine.rows import attention_reader
from crosslate.models.engine.rows.attention_reader import MAX_WEIGHTS, groups_to_attend
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist
from crosslate.models.engine.sequence import Sequence
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.network.decoder_layers import DecoderLayer
from tests.models.engine.rows.forced_decoding import (
    ATOL,
    ForcedDecoding,
    Tracked,
    make_sequence,
    ragged,
    random_source,
)
from tests.models.families.marian_student import NumpyStudent
from tests.models.marian_files import make_student, write_shortlist, write_student, write_vocabulary

NUM_FREQUENT = 4
EVERYTHING = AttentionSelection()
MIXERS = ["rnn", "self-attention"]


@dataclass(frozen=True)
class Built:
    """A student as it runs and as numpy computes it."""

    loaded: LoadedModel
    reference: NumpyStudent
    lists: list[list[int]]

    @property
    def vocab_size(self) -> int:
        return self.loaded.spec.target_vocab_size

    def runner(self, *, has_shortlist: bool = False) -> ModelRunner:
        return ModelRunner(self.loaded.model, shortlist=self.loaded.shortlist if has_shortlist else None)

    def decoding(self, rng: random.Random, *, has_shortlist: bool = False) -> ForcedDecoding:
        runner = self.runner(has_shortlist=has_shortlist)
        return ForcedDecoding(self.reference, self.vocab_size, runner, rng)

    def candidates(self, source: list[int]) -> list[int]:
        """What the shortlist allows: frequent words, the lists of the source's ids, these ids themselves."""
        return sorted({*range(NUM_FREQUENT), *source, *(e for i in source for e in self.lists[i])})


def build(folder: Path, mixer: str, *, ties_embeddings: bool = True) -> Built:
    vocab_size = write_vocabulary(folder / "vocab.enpt.spm")
    student = make_student(vocab_size, transformer_decoder_autoreg=mixer, tied_embeddings_all=ties_embeddings)
    rng = random.Random(0)
    lists = [[rng.randrange(vocab_size) for _ in range(rng.randint(0, 6))] for _ in range(vocab_size)]
    write_student(folder / "model.enpt.bin", student)
    write_shortlist(folder / "lex.enpt.bin", lists, num_frequent=NUM_FREQUENT)
    return Built(load_model(str(folder), dtype="float32"), NumpyStudent(student), lists)


@pytest.fixture(scope="module", params=MIXERS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("student"), request.param)


def by_width(runner: ModelRunner) -> dict[int, list[Sequence]]:
    return {batch.num_lanes: batch.sequences for batch in runner.batches}


@pytest.mark.parametrize("has_shortlist", [False, True], ids=["vocabulary", "shortlist"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_incremental_steps_equal_the_teacher_forced_reference(
    built: Built, *, has_shortlist: bool, seed: int
) -> None:
    """Sources and targets of unlike lengths, one to three lanes that swap, rows that come and go."""
    rng = random.Random(seed)
    decoding = built.decoding(rng, has_shortlist=has_shortlist)
    gone: list[Tracked] = []
    for _ in range(25):
        if len(decoding.running) < 6 and rng.random() < 0.4:
            decoding.join(
                [
                    make_sequence(random_source(rng, built.vocab_size), num_lanes=rng.choice([1, 1, 2, 3]))
                    for _ in range(rng.randint(1, 3))
                ]
            )
        decoding.step()
        if decoding.running and rng.random() < 0.3:
            gone.append(decoding.leave(rng.choice(list(decoding.running))))
    gone += [decoding.leave(sequence) for sequence in list(decoding.running)]
    assert decoding.runner.batches == []
    for tracked in gone:
        candidates = built.candidates(tracked.sequence.source_ids) if has_shortlist else None
        decoding.check(tracked, candidates)


def test_a_shortlisted_engine_writes_the_likeliest_candidates(built: Built) -> None:
    rng = random.Random(5)
    sources = [random_source(rng, built.vocab_size) for _ in range(8)]
    params = GenerationParams(max_new_tokens=10)
    outputs = built.loaded.make_engine().generate(
        [GenerationRequest(source_ids=source, params=params) for source in sources]
    )
    expected = [built.reference.greedy(source, 10, built.candidates(source)) for source in sources]
    assert [output.token_ids for output in outputs] == expected
    assert expected != [built.reference.greedy(source, 10) for source in sources], "the shortlist matters"


def test_targets_longer_than_the_first_cache(built: Built) -> None:
    rng = random.Random(1)
    decoding = built.decoding(rng)
    first = make_sequence(random_source(rng, built.vocab_size))
    decoding.join([first])
    for _ in range(40):
        decoding.step()
    second = make_sequence(random_source(rng, built.vocab_size))
    decoding.join([second])  # starts when the other has 40 tokens
    for _ in range(30):
        decoding.step()
    decoding.check(decoding.leave(first))
    decoding.check(decoding.leave(second))


def test_a_row_may_leave_between_its_step_and_the_next_token(built: Built) -> None:
    """So the engine does with rows that end: the last row moves with what the step has stored."""
    rng = random.Random(2)
    decoding = built.decoding(rng)
    sequences = [make_sequence(random_source(rng, built.vocab_size)) for _ in range(3)]
    decoding.join(sequences)
    decoding.step()
    (batch,) = map(ragged, decoding.runner.batches)
    scores = batch.decode().values.clone()
    decoding.leave(sequences[0])
    kept = batch.sequences
    assert kept == [sequences[2], sequences[1]]
    for sequence, row in zip(kept, (2, 1), strict=True):
        tracked = decoding.running[sequence]
        tracked.scores[0].append(scores[row])
        tracked.histories[0].append(7)
    batch.advance([[7], [7]], None)
    decoding.step()
    for sequence in kept:
        decoding.check(decoding.running[sequence])


def test_a_join_that_fails_has_joined_nobody(built: Built) -> None:
    """The engine tries again one by one; nobody may be there twice."""
    vocab_size = built.vocab_size
    lacks_the_last = LexicalShortlist(NUM_FREQUENT, np.zeros(vocab_size, np.int64), np.empty(0, np.int64))
    runner = ModelRunner(built.loaded.model, shortlist=lacks_the_last)
    present = make_sequence([5, 6, 0], num_lanes=2)
    runner.join([present])
    culprit = make_sequence([3, vocab_size - 1, 0], num_lanes=2)
    others = [make_sequence([1, 0]), make_sequence([2, 0], num_lanes=2), make_sequence([4, 0], num_lanes=3)]
    with pytest.raises(IndexError):
        runner.join([*others, culprit])
    assert by_width(runner) == {2: [present]}
    runner.join(others)
    assert by_width(runner) == {1: [others[0]], 2: [present, others[1]], 3: [others[2]]}
    rows = {batch.num_lanes: len(batch.decode().values) for batch in map(ragged, runner.batches)}
    assert rows == {1: 1, 2: 4, 3: 3}


@pytest.mark.parametrize("mixer", MIXERS)
def test_a_source_that_overflows_spoils_no_other(tmp_path: Path, mixer: str) -> None:
    """In half precision a sequence may end in NaN; those beside it and those after it must not notice."""
    built = build(tmp_path, mixer, ties_embeddings=False)
    overflowing = 9
    built.loaded.model.encoder.embedding.weight[overflowing] = float("nan")
    rng = random.Random(3)
    decoding = built.decoding(rng)
    healthy = [[n for n in random_source(rng, built.vocab_size) if n != overflowing] for _ in range(3)]
    beside, successor, joiner = map(make_sequence, healthy)
    spoilt = [make_sequence([overflowing] * 50 + [0]) for _ in range(2)]
    decoding.join([spoilt[0], beside, spoilt[1]])
    for _ in range(10):
        decoding.step()
    assert all(not scores.isfinite().any() for s in spoilt for scores in decoding.running[s].scores[0])
    decoding.leave(spoilt[0])
    decoding.leave(spoilt[1])
    decoding.join([successor, joiner])
    for _ in range(12):
        decoding.step()
    for sequence in (beside, successor, joiner):
        decoding.check(decoding.leave(sequence))


def test_attention_of_a_ragged_batch(built: Built) -> None:
    rng = random.Random(4)
    runner = built.runner()
    sequences = [make_sequence(random_source(rng, built.vocab_size), num_lanes=n) for n in (1, 2, 1)]
    runner.join(sequences)
    asked = [sequences[0], sequences[1], sequences[2], sequences[0]]
    targets = [random_source(rng, built.vocab_size) for _ in asked]
    selections = [
        AttentionSelection(),
        AttentionSelection(layer=0, heads=(1,)),
        AttentionSelection(layer=1, row="input"),
        AttentionSelection(row="input"),
    ]
    found = runner.attend(asked, targets, selections)
    for i, (sequence, target) in enumerate(zip(asked, targets, strict=True)):
        maps = np.stack(built.reference.decode(sequence.source_ids, target)[1])  # (L, H, T + 1, S)
        assert target[-1] in runner.limits.eos_token_ids
        output, read = maps[:, :, :-1], maps[:, :, [*range(1, len(target)), len(target) - 1]]
        expected = [output, output[0, 1], read[1].mean(axis=0), read][i]
        np.testing.assert_allclose(found[i], expected, rtol=0, atol=ATOL)
        np.testing.assert_allclose(found[i].sum(axis=-1), 1, rtol=0, atol=1e-5)


def test_layers_above_the_last_that_is_asked_for_are_not_computed(built: Built) -> None:
    runner = built.runner()
    sequence = make_sequence([3, 4, 0])
    runner.join([sequence])
    calls: list[int] = []
    last = list(built.loaded.model.decoder.layers)[-1]
    assert isinstance(last, DecoderLayer)
    hook = last.cross.q.register_forward_hook(lambda *_: calls.append(1))
    runner.attend([sequence], [[5, 0]], [AttentionSelection(layer=0)])
    assert calls == []
    runner.attend([sequence], [[5, 0]], [AttentionSelection(layer=1)])
    assert calls == [1]
    hook.remove()


@pytest.mark.parametrize("max_weights", [1, 200, 400])
def test_attention_in_several_groups_is_the_same(
    built: Built, max_weights: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(5)
    runner = built.runner()
    sequences = [make_sequence(random_source(rng, built.vocab_size)) for _ in range(6)]
    runner.join(sequences)
    targets = [random_source(rng, built.vocab_size) for _ in sequences]
    selections = [AttentionSelection(layer=i % 2, heads=(1,)) if i % 3 else EVERYTHING for i in range(6)]
    together = runner.attend(sequences, targets, selections)
    monkeypatch.setattr(attention_reader, "MAX_WEIGHTS", max_weights)
    for one, expected in zip(runner.attend(sequences, targets, selections), together, strict=True):
        np.testing.assert_allclose(one, expected, rtol=0, atol=ATOL)


def test_weights_are_made_of_the_wanted_layers_and_heads_only(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = built.runner()
    sequence = make_sequence([3, 4, 0])
    runner.join([sequence])
    shapes: list[tuple[int, ...]] = []

    def counted(*arguments: torch.Tensor | float | None) -> torch.Tensor:
        weights = attention_weights(*arguments)  # type: ignore[arg-type]
        shapes.append(tuple(weights.shape))
        return weights

    monkeypatch.setattr("crosslate.models.attention.multi_head.attention_weights", counted)
    runner.attend([sequence], [[5, 0]], [AttentionSelection(layer=1, heads=(0,))])
    assert shapes == [(1, 1, 3, 3)]
    runner.attend([sequence], [[5, 0]], [AttentionSelection(layer=0)])
    assert shapes[1:] == [(1, 2, 3, 3)]


@given(st.lists(st.tuples(st.integers(1, 20_000), st.integers(1, 1000)), max_size=40), st.integers(1, 16))
def test_groups_to_attend_hold_everyone_once_and_fit_into_memory(
    lengths: list[tuple[int, int]], num_heads: int
) -> None:
    groups = list(groups_to_attend(lengths, num_heads))
    assert sorted(i for group in groups for i in group) == list(range(len(lengths)))
    for group in groups:
        num_sources, num_targets = (max(lengths[i][side] for i in group) for side in (0, 1))
        num_weights = len(group) * num_heads * num_sources * (num_targets + 1)
        assert len(group) == 1 or num_weights <= MAX_WEIGHTS


def test_limits_are_the_models(built: Built) -> None:
    limits, spec = built.runner().limits, built.loaded.spec
    assert limits.max_source_tokens == spec.max_source_tokens
    assert (limits.num_layers, limits.num_heads) == (2, 2)
    assert limits.vocab_size == limits.source_vocab_size == built.vocab_size
    assert limits.eos_token_ids == (0,)
    assert limits.decoder_start_token_id is None
