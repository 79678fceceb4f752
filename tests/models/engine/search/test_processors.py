"""Processors: the same scores as those of `transformers`, the same greedy outputs as its `generate`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import MarianMTModel

from crosslate.models.engine.request import FinishReason, GenerationParams
from crosslate.models.engine.search.processors import (
    BannedNGrams,
    BannedTokens,
    ForcedToken,
    LogitsProcessor,
    LogitsProcessors,
    NoRepeatNGram,
    RepetitionPenalty,
    make_processors,
)
from tests.models.engine.search.decoding_reference import (
    EOS,
    LIMITS,
    MAX_NEW_TOKENS,
    PAD,
    decode,
    generate_reference,
    ragged_sources,
    single_thread,
    tiny_marian,
    token_log_probs,
)

SOURCES = ragged_sources(12)
SMALL_VOCAB = 12


@pytest.fixture(scope="module")
def model() -> Iterator[MarianMTModel]:
    with single_thread():
        yield tiny_marian()


def random_lanes(seed: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Histories (W, T) of few different tokens, and scores (W, V)."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(0, 5, (4, length), generator=generator)
    return tokens, 3 * torch.randn(4, SMALL_VOCAB, generator=generator)


SOURCE = [1, 2, 3, 1, 2, 4, 0]
BAD_WORDS = [[1], [2, 3], [4, 4], [0, 1, 2], [9]]

# Ours, theirs. A history begins with one start token.
PAIRS: dict[str, tuple[LogitsProcessor, transformers.LogitsProcessor]] = {
    "repetition penalty": (
        RepetitionPenalty(1.5),
        transformers.RepetitionPenaltyLogitsProcessor(1.5),
    ),
    "repetition reward": (RepetitionPenalty(0.7), transformers.RepetitionPenaltyLogitsProcessor(0.7)),
    **{
        f"no repeat {size}": (
            NoRepeatNGram(size),
            transformers.NoRepeatNGramLogitsProcessor(size),
        )
        for size in (1, 2, 3, 4)
    },
    **{
        f"encoder no repeat {size}": (
            BannedNGrams([SOURCE[i : i + size] for i in range(len(SOURCE) - size + 1)]),
            transformers.EncoderNoRepeatNGramLogitsProcessor(size, torch.LongTensor([SOURCE] * 4)),
        )
        for size in (1, 2, 3)
    },
    "bad words": (BannedNGrams(BAD_WORDS), transformers.NoBadWordsLogitsProcessor(BAD_WORDS)),
    "min new tokens": (
        BannedTokens([0, 3], end_step=3),
        transformers.MinNewTokensLengthLogitsProcessor(1, 3, [0, 3]),
    ),
    "suppress": (BannedTokens([2, 7]), transformers.SuppressTokensLogitsProcessor([2, 7])),
    "begin suppress": (
        BannedTokens([2, 7], first_step=0, end_step=1),
        transformers.SuppressTokensAtBeginLogitsProcessor([2, 7], 1),
    ),
    "forced begin": (ForcedToken(5, step=0), transformers.ForcedBOSTokenLogitsProcessor(5)),
    "forced end": (ForcedToken(0, step=4), transformers.ForcedEOSTokenLogitsProcessor(6, 0)),
}


@pytest.mark.parametrize(("ours", "theirs"), PAIRS.values(), ids=PAIRS.keys())
def test_scores_equal_those_of_transformers(
    ours: LogitsProcessor, theirs: transformers.LogitsProcessor
) -> None:
    for seed in range(5):
        for length in range(1, 9):
            tokens, scores = random_lanes(seed, length)
            expected = theirs(tokens, scores.clone())
            ours(scores, tokens, length - 1)
            torch.testing.assert_close(scores, expected, rtol=0, atol=0)


def banned_after(rule: LogitsProcessor, history: list[int]) -> set[int]:
    """Tokens that a rule bans; without start token the history may be empty."""
    scores = torch.zeros(1, SMALL_VOCAB)
    rule(scores, torch.tensor([history], dtype=torch.int64), len(history))
    return set((scores[0] == -math.inf).nonzero().flatten().tolist())


@given(history=st.lists(st.integers(0, 3), max_size=10), size=st.integers(1, 4))
@settings(deadline=None)
def test_banned_ngrams_are_the_repeated_ones(history: list[int], size: int) -> None:
    def ngrams(tokens: list[int]) -> Iterable[tuple[int, ...]]:
        return (tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1))

    expected = {
        token for token in range(4) if len(history) + 1 > size and repeats(list(ngrams([*history, token])))
    }
    assert banned_after(NoRepeatNGram(size), history) == expected


def repeats(ngrams: list[tuple[int, ...]]) -> bool:
    return bool(ngrams) and ngrams[-1] in ngrams[:-1]


def test_an_empty_history_bans_nothing_but_single_tokens() -> None:
    assert banned_after(NoRepeatNGram(1), []) == set()
    assert banned_after(BannedNGrams([[3], [4, 5]]), []) == {3}
    assert banned_after(RepetitionPenalty(2.0), []) == set()


def test_processing_leaves_the_logits_alone() -> None:
    tokens, scores = random_lanes(0, 4)
    before = scores.clone()
    LogitsProcessors([RepetitionPenalty(2.0), BannedTokens([1])])(scores, tokens, 3)
    assert torch.equal(scores, before)


def test_values_that_change_nothing_make_no_rule() -> None:
    params = GenerationParams(
        repetition_penalty=1.0,
        no_repeat_ngram_size=0,
        encoder_no_repeat_ngram_size=0,
        min_new_tokens=0,
        bad_words_ids=((EOS,),),
        suppress_tokens=(),
        begin_suppress_tokens=(),
    )
    assert len(make_processors(params, [4, EOS], LIMITS, MAX_NEW_TOKENS)) == 0


def test_a_source_shorter_than_the_ngram_bans_nothing() -> None:
    params = GenerationParams(encoder_no_repeat_ngram_size=5)
    rules = make_processors(params, [4, EOS], LIMITS, MAX_NEW_TOKENS)
    scores = torch.zeros(1, LIMITS.vocab_size)
    assert torch.equal(rules(scores, torch.tensor([[PAD, 1, 2, 3, 4]]), 4), scores)


GREEDY = {
    "repetition penalty": GenerationParams(repetition_penalty=1.4),
    "repetition reward": GenerationParams(repetition_penalty=0.9),
    "no repeat 1": GenerationParams(no_repeat_ngram_size=1),
    "no repeat 2": GenerationParams(no_repeat_ngram_size=2),
    "no repeat 3": GenerationParams(no_repeat_ngram_size=3),
    "min new tokens": GenerationParams(min_new_tokens=6),
    "bad words": GenerationParams(bad_words_ids=((27,), (EOS,), (40, 49), (26, 28, 23))),
    "suppress": GenerationParams(suppress_tokens=(16, 27, 40)),
    "begin suppress": GenerationParams(begin_suppress_tokens=(EOS, 16, 27)),
    "forced begin": GenerationParams(forced_bos_token_id=7),
    "forced and suppressed begin": GenerationParams(
        forced_bos_token_id=7, begin_suppress_tokens=(7, EOS, 27)
    ),
    "forced end": GenerationParams(forced_eos_token_id=EOS),
    "forced end at once": GenerationParams(
        forced_bos_token_id=7, forced_eos_token_id=EOS, max_new_tokens=1, min_new_tokens=1
    ),
    "several": GenerationParams(
        repetition_penalty=1.2,
        no_repeat_ngram_size=2,
        min_new_tokens=5,
        forced_bos_token_id=7,
        max_new_tokens=9,
    ),
}


@pytest.mark.parametrize("params", GREEDY.values(), ids=GREEDY.keys())
def test_greedy_equals_generate(model: MarianMTModel, params: GenerationParams) -> None:
    references = generate_reference(model, SOURCES, params)
    for [hypothesis], reference in zip(decode(model, SOURCES, params), references, strict=True):
        assert [hypothesis.token_ids] == reference.token_ids
        limit = params.max_new_tokens or MAX_NEW_TOKENS
        is_forced = params.forced_eos_token_id is not None and len(hypothesis.token_ids) == limit
        ended = hypothesis.token_ids[-1] == EOS and not is_forced
        assert hypothesis.finish_reason is (FinishReason.STOP if ended else FinishReason.LENGTH)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_greedy_with_encoder_ngrams_equals_generate(model: MarianMTModel, size: int) -> None:
    """One source at a time: in a padded batch `generate` takes the padding for a part of the source."""
    params = GenerationParams(encoder_no_repeat_ngram_size=size)
    for source in SOURCES[:6]:
        [[hypothesis]] = decode(model, [source], params)
        assert [hypothesis.token_ids] == generate_reference(model, [source], params)[0].token_ids


@given(
    params=st.builds(
        GenerationParams,
        max_new_tokens=st.integers(3, MAX_NEW_TOKENS),
        min_new_tokens=st.sampled_from([None, 0, 3]),
        # Never 1: one rule at least, since plain greedy search has no chooser.
        repetition_penalty=st.sampled_from([0.8, 1.3]),
        no_repeat_ngram_size=st.sampled_from([None, 0, 2, 3]),
        bad_words_ids=st.sampled_from([None, ((27,), (39, 16)), ((16, 16, 1),)]),
        suppress_tokens=st.sampled_from([None, (1, 40)]),
        begin_suppress_tokens=st.sampled_from([None, (EOS,)]),
        forced_bos_token_id=st.sampled_from([None, 5]),
        forced_eos_token_id=st.sampled_from([None, EOS]),
    )
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_combination_of_rules_equals_generate(model: MarianMTModel, params: GenerationParams) -> None:
    sources = SOURCES[:5]
    references = generate_reference(model, sources, params)
    for [hypothesis], reference in zip(decode(model, sources, params), references, strict=True):
        assert [hypothesis.token_ids] == reference.token_ids


def test_score_is_the_models_mean_log_probability_with_forced_tokens_certain(model: MarianMTModel) -> None:
    params = GenerationParams(forced_bos_token_id=7, repetition_penalty=1.3)
    for source, [hypothesis] in zip(SOURCES[:4], decode(model, SOURCES[:4], params), strict=True):
        log_probs = token_log_probs(model, source, hypothesis.token_ids)
        assert hypothesis.score == pytest.approx(sum(log_probs[1:]) / len(log_probs), abs=1e-5)
