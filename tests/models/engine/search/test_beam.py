"""Beam search: equal to `transformers`' `generate`, and to an exhaustive search where one is possible."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Literal

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import MarianMTModel

from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import FinishReason, GenerationParams, Hypothesis
from crosslate.models.engine.scores.logits import LaneScores
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.errors import InvalidParamsError
from tests.models.engine.search.decoding_reference import (
    EOS,
    LIMITS,
    MAX_NEW_TOKENS,
    Reference,
    decode,
    generate_reference,
    ragged_sources,
    single_thread,
    tiny_marian,
    token_log_probs,
)

SOURCES = ragged_sources(12)


@pytest.fixture(scope="module")
def model() -> Iterator[MarianMTModel]:
    with single_thread():
        yield tiny_marian()


BEAM = GenerationParams(num_beams=4, num_return_sequences=4)

VARIANTS = {
    "beams": BEAM,
    "one returned": GenerationParams(num_beams=4),
    "two of five": GenerationParams(num_beams=5, num_return_sequences=2),
    "many beams": GenerationParams(num_beams=12, num_return_sequences=12),
    "short": dataclasses.replace(BEAM, max_new_tokens=3),
    "one token": dataclasses.replace(BEAM, max_new_tokens=1),
    "repetition penalty": dataclasses.replace(BEAM, repetition_penalty=1.4),
    "no repeat 1": dataclasses.replace(BEAM, no_repeat_ngram_size=1),
    "no repeat 2": dataclasses.replace(BEAM, no_repeat_ngram_size=2),
    "min new tokens": dataclasses.replace(BEAM, min_new_tokens=6),
    "bad words": dataclasses.replace(BEAM, bad_words_ids=((27,), (EOS,), (40, 49), (26, 28, 23))),
    "suppress": dataclasses.replace(BEAM, suppress_tokens=(16, 27, 40)),
    "begin suppress": dataclasses.replace(BEAM, begin_suppress_tokens=(EOS, 16, 27)),
    "forced begin": dataclasses.replace(BEAM, forced_bos_token_id=7),
    "forced and suppressed begin": dataclasses.replace(
        BEAM, forced_bos_token_id=7, begin_suppress_tokens=(7, EOS)
    ),
    "forced end": dataclasses.replace(BEAM, forced_eos_token_id=EOS),
    "several": dataclasses.replace(
        BEAM,
        no_repeat_ngram_size=3,
        min_new_tokens=4,
        forced_bos_token_id=9,
        forced_eos_token_id=EOS,
        length_penalty=2.0,
        early_stopping=True,
    ),
}


def assert_same(
    outputs: list[list[Hypothesis]], references: list[Reference], params: GenerationParams
) -> None:
    for hypotheses, reference in zip(outputs, references, strict=True):
        assert [hypothesis.token_ids for hypothesis in hypotheses] == reference.token_ids
        # A penalised score is not a log-probability, so that it says nothing about `Hypothesis.score`.
        if params.repetition_penalty is None:
            # Relative: a negative length penalty multiplies by the length.
            expected = pytest.approx(reference.sequences_scores, rel=1e-6, abs=1e-5)
            assert ranking_scores(hypotheses, params) == expected


def ranking_scores(hypotheses: list[Hypothesis], params: GenerationParams) -> list[float]:
    length_penalty = 1.0 if params.length_penalty is None else params.length_penalty
    lengths = [len(hypothesis.token_ids) for hypothesis in hypotheses]
    return [
        hypothesis.score * length / length**length_penalty
        for hypothesis, length in zip(hypotheses, lengths, strict=True)
    ]


@pytest.mark.parametrize("params", VARIANTS.values(), ids=VARIANTS.keys())
def test_equals_generate(model: MarianMTModel, params: GenerationParams) -> None:
    assert_same(decode(model, SOURCES, params), generate_reference(model, SOURCES, params), params)


@pytest.mark.parametrize("early_stopping", [True, False, "never"])
@pytest.mark.parametrize("length_penalty", [-1.0, 0.0, 0.6, 1.0, 2.0])
def test_equals_generate_however_it_stops(
    model: MarianMTModel, early_stopping: bool | Literal["never"], length_penalty: float
) -> None:
    params = dataclasses.replace(BEAM, early_stopping=early_stopping, length_penalty=length_penalty)
    assert_same(decode(model, SOURCES, params), generate_reference(model, SOURCES, params), params)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_encoder_ngrams_equal_generate(model: MarianMTModel, size: int) -> None:
    """One source at a time: in a padded batch `generate` takes the padding for a part of the source."""
    params = dataclasses.replace(BEAM, encoder_no_repeat_ngram_size=size)
    for source in SOURCES[:6]:
        assert_same(decode(model, [source], params), generate_reference(model, [source], params), params)


@pytest.mark.parametrize("early_stopping", [True, False])
def test_several_end_tokens_equal_generate(model: MarianMTModel, early_stopping: bool) -> None:
    limits = dataclasses.replace(LIMITS, eos_token_ids=(EOS, 16, 27))
    params = dataclasses.replace(BEAM, early_stopping=early_stopping)
    outputs = decode(model, SOURCES, params, limits)
    assert_same(outputs, generate_reference(model, SOURCES, params, limits), params)
    assert {hypothesis.token_ids[-1] for hypotheses in outputs for hypothesis in hypotheses} >= {EOS, 16, 27}


@given(
    params=st.builds(
        GenerationParams,
        num_beams=st.integers(2, 6),
        num_return_sequences=st.integers(1, 2),
        max_new_tokens=st.integers(4, MAX_NEW_TOKENS),
        min_new_tokens=st.sampled_from([None, 0, 3]),
        length_penalty=st.sampled_from([None, 0.6, 1.7]),
        early_stopping=st.sampled_from([None, True, False, "never"]),
        repetition_penalty=st.sampled_from([None, 0.8, 1.3]),
        no_repeat_ngram_size=st.sampled_from([None, 0, 2, 3]),
        bad_words_ids=st.sampled_from([None, ((27,), (39, 16)), ((16, 16, 1),)]),
        suppress_tokens=st.sampled_from([None, (1, 40)]),
        begin_suppress_tokens=st.sampled_from([None, (EOS,)]),
        forced_bos_token_id=st.sampled_from([None, 5]),
        forced_eos_token_id=st.sampled_from([None, EOS]),
    )
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_combination_equals_generate(model: MarianMTModel, params: GenerationParams) -> None:
    sources = SOURCES[:5]
    assert_same(decode(model, sources, params), generate_reference(model, sources, params), params)


@pytest.mark.skipif(
    tuple(map(int, transformers.__version__.split(".")[:2])) < (5, 24),
    reason="before transformers 5.24 generate leaves the drawn in the order of drawing",
)
@pytest.mark.parametrize("seed", range(6))
def test_beam_sampling_draws_as_generate_does(model: MarianMTModel, seed: int) -> None:
    params = dataclasses.replace(BEAM, do_sample=True, temperature=1.3, top_k=8, top_p=0.9, seed=seed)
    for source in SOURCES[:4]:
        torch.manual_seed(seed)
        reference = generate_reference(model, [source], params)[0]
        [hypotheses] = decode(model, [source], params)
        assert [hypothesis.token_ids for hypothesis in hypotheses] == reference.token_ids


@pytest.mark.parametrize(
    "params",
    [
        BEAM,
        dataclasses.replace(BEAM, repetition_penalty=1.4),
        dataclasses.replace(BEAM, do_sample=True, seed=1),
    ],
    ids=["beams", "repetition penalty", "sampling"],
)
def test_score_is_the_models_mean_log_probability(model: MarianMTModel, params: GenerationParams) -> None:
    for source, hypotheses in zip(SOURCES[:4], decode(model, SOURCES[:4], params), strict=True):
        for hypothesis in hypotheses:
            log_probs = token_log_probs(model, source, hypothesis.token_ids)
            assert hypothesis.score == pytest.approx(sum(log_probs) / len(log_probs), abs=1e-5)


def test_finish_reasons(model: MarianMTModel) -> None:
    hypotheses = [hypothesis for row in decode(model, SOURCES, BEAM) for hypothesis in row]
    for hypothesis in hypotheses:
        if hypothesis.finish_reason is FinishReason.STOP:
            assert hypothesis.token_ids[-1] == EOS
        else:
            assert hypothesis.finish_reason is FinishReason.LENGTH
            assert len(hypothesis.token_ids) == MAX_NEW_TOKENS
        assert EOS not in hypothesis.token_ids[:-1]
    assert {hypothesis.finish_reason for hypothesis in hypotheses} == {FinishReason.STOP, FinishReason.LENGTH}


def markov_limits(vocab_size: int, max_target_tokens: int) -> RunnerLimits:
    """A model without start token: the history begins empty."""
    return RunnerLimits(
        max_source_tokens=8,
        max_target_tokens=max_target_tokens,
        vocab_size=vocab_size,
        source_vocab_size=vocab_size,
        eos_token_ids=(EOS,),
        pad_token_id=1,
        decoder_start_token_id=None,
        num_layers=1,
        num_heads=1,
    )


def search_markov(table: torch.Tensor, params: GenerationParams, max_target_tokens: int) -> list[Hypothesis]:
    """Decode with logits that depend on the token before only: `table` (V + 1, V), the last row to begin."""
    vocab_size = table.shape[1]
    chooser = make_chooser(params, [2, EOS], markov_limits(vocab_size, max_target_tokens))
    assert chooser is not None
    last = [vocab_size] * (params.num_beams or 1)
    while True:
        choice = chooser.choose(LaneScores.of(table[last]))
        if choice.finished is not None:
            return choice.finished
        last = choice.tokens


@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_wide_enough_beams_find_the_best_output(seed: int, length_penalty: float) -> None:
    vocab_size, max_length = 4, 3
    table = 2 * torch.randn(vocab_size + 1, vocab_size, generator=torch.Generator().manual_seed(seed))
    log_probs = table.log_softmax(dim=1)
    scores: dict[tuple[int, ...], float] = {}
    for length in range(1, max_length + 1):
        for ids in itertools.product(range(vocab_size), repeat=length):
            if EOS in ids[:-1] or (ids[-1] != EOS and length < max_length):
                continue
            steps = zip((vocab_size, *ids[:-1]), ids, strict=True)
            total = sum(log_probs[before, token].item() for before, token in steps)
            scores[ids] = total / length**length_penalty
    best = sorted(scores, key=lambda ids: scores[ids], reverse=True)[:5]

    params = GenerationParams(
        num_beams=40, num_return_sequences=5, early_stopping="never", length_penalty=length_penalty
    )
    # 80 candidates need a vocabulary to draw from: fill up with tokens that are never probable.
    padded = torch.full((101, 100), -200.0)
    padded[:vocab_size, :vocab_size] = table[:vocab_size]
    padded[100, :vocab_size] = table[vocab_size]
    hypotheses = search_markov(padded, params, max_length)
    assert [tuple(hypothesis.token_ids) for hypothesis in hypotheses] == best


def test_forced_begin_without_start_token() -> None:
    table = torch.randn(21, 20, generator=torch.Generator().manual_seed(0))
    params = GenerationParams(num_beams=3, num_return_sequences=3, forced_bos_token_id=7)
    for hypothesis in search_markov(table, params, 5):
        assert hypothesis.token_ids[0] == 7
        assert len(hypothesis.token_ids) <= 5


def test_returns_only_different_possible_outputs() -> None:
    """Four beams, but only one output is possible; the others would be copies or hold banned tokens."""
    params = GenerationParams(num_beams=4, num_return_sequences=4, forced_bos_token_id=7, max_new_tokens=1)
    [hypothesis] = search_markov(torch.zeros(21, 20), params, 5)
    assert hypothesis.token_ids == [7]
    assert hypothesis.score == 0.0


@pytest.mark.parametrize("do_sample", [True, False])
def test_no_possible_output_is_an_error(do_sample: bool) -> None:
    params = GenerationParams(num_beams=2, suppress_tokens=tuple(range(20)), do_sample=do_sample)
    with pytest.raises(InvalidParamsError, match="output position 0"):
        search_markov(torch.zeros(21, 20), params, 5)


@pytest.mark.parametrize("do_sample", [True, False])
def test_dead_end_after_finished_outputs_returns_them(do_sample: bool) -> None:
    """Every token may come once: at the end of the vocabulary there is nothing left."""
    table = torch.zeros(7, 6)
    params = GenerationParams(
        num_beams=2,
        num_return_sequences=2,
        no_repeat_ngram_size=1,
        length_penalty=5.0,
        do_sample=do_sample,
        seed=3,
    )
    hypotheses = search_markov(table, params, 30)
    assert hypotheses
    assert all(hypothesis.finish_reason is FinishReason.STOP for hypothesis in hypotheses)
