"""Sampling: the distribution of `transformers`, the outputs of its `generate` for the same random numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
import torch
import transformers
from transformers import MarianMTModel

from crosslate.models.engine.request import FinishReason, GenerationParams, Hypothesis
from crosslate.models.engine.scores.logits import LaneScores
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.engine.search.sampling import SampledToken, lane_generators, make_warpers
from crosslate.models.errors import InvalidParamsError
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
SAMPLE = GenerationParams(do_sample=True, seed=5)


@pytest.fixture(scope="module")
def model() -> Iterator[MarianMTModel]:
    with single_thread():
        yield tiny_marian()


def ids(hypotheses: list[Hypothesis]) -> list[list[int]]:
    return [hypothesis.token_ids for hypothesis in hypotheses]


@pytest.mark.parametrize("min_tokens", [1, 3])
@pytest.mark.parametrize("top_p", [None, 0.05, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("top_k", [None, 0, 1, 7, 1000])
@pytest.mark.parametrize("temperature", [None, 0.3, 1.0, 2.5])
def test_distribution_equals_that_of_transformers(
    temperature: float | None, top_k: int | None, top_p: float | None, min_tokens: int
) -> None:
    scores = 3 * torch.randn(6, 200, generator=torch.Generator().manual_seed(2))
    scores[:, 50:80] = -torch.inf  # as processors leave them

    expected = scores.clone()
    history = torch.zeros(6, 1, dtype=torch.int64)
    if temperature not in (None, 1.0):
        expected = transformers.TemperatureLogitsWarper(temperature)(history, expected)
    if top_k != 0:
        warper = transformers.TopKLogitsWarper(50 if top_k is None else top_k, min_tokens_to_keep=min_tokens)
        expected = warper(history, expected)
    if top_p not in (None, 1.0):
        expected = transformers.TopPLogitsWarper(top_p, min_tokens_to_keep=min_tokens)(history, expected)

    params = GenerationParams(temperature=temperature, top_k=top_k, top_p=top_p)
    for warp in make_warpers(params, min_tokens):
        warp(scores)
    torch.testing.assert_close(scores, expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    "params",
    [
        SAMPLE,
        dataclasses.replace(SAMPLE, temperature=0.7, top_k=0, top_p=0.8),
        dataclasses.replace(SAMPLE, temperature=1.8, top_k=5, no_repeat_ngram_size=2, min_new_tokens=4),
    ],
    ids=["plain", "nucleus", "with rules"],
)
@pytest.mark.parametrize("seed", [0, 5, 2**63 + 1])
def test_equals_generate_for_the_same_random_numbers(
    model: MarianMTModel, params: GenerationParams, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`generate` draws otherwise; here it is made to invert the cumulative distribution too."""
    generator = torch.Generator()

    def draw(probabilities: torch.Tensor, num_samples: int) -> torch.Tensor:
        assert num_samples == 1
        number = torch.rand(1, generator=generator).item()
        tokens = []
        for row in probabilities.double():
            total = 0.0
            for token, probability in enumerate(row.tolist()):
                total += probability
                if number < total:
                    tokens.append([token])
                    break
        return torch.tensor(tokens)

    monkeypatch.setattr(torch, "multinomial", draw)
    for source in SOURCES[:5]:
        generator.manual_seed(seed)
        reference = generate_reference(model, [source], params)[0]
        [hypotheses] = decode(model, [source], dataclasses.replace(params, seed=seed))
        assert ids(hypotheses) == reference.token_ids


def test_draws_every_token_as_often_as_it_is_probable() -> None:
    scores = torch.tensor([[-torch.inf, 1.0, 0.0, -torch.inf, 2.0, -3.0, -torch.inf]])
    picker = SampledToken([], lane_generators(7, 1))
    num_draws = 20_000
    drawn = picker.pick(scores.expand(num_draws, 7), [0] * num_draws)
    counts = torch.bincount(drawn, minlength=7)
    expected = scores.softmax(dim=1)[0]
    # Four standard deviations of the frequency; the seed is fixed, so that it holds always or never.
    bound = 4 * (expected * (1 - expected) / num_draws).sqrt()
    assert ((counts / num_draws - expected).abs() <= bound).all()


def test_a_seed_gives_the_same_alone_and_in_a_batch(model: MarianMTModel) -> None:
    together = decode(model, SOURCES, SAMPLE)
    alone = [decode(model, [source], SAMPLE)[0] for source in SOURCES]
    assert [ids(hypotheses) for hypotheses in together] == [ids(hypotheses) for hypotheses in alone]


def test_without_a_seed_every_run_differs(model: MarianMTModel) -> None:
    params = dataclasses.replace(SAMPLE, seed=None, temperature=2.0, min_new_tokens=MAX_NEW_TOKENS)
    runs = {tuple(decode(model, SOURCES[:1], params)[0][0].token_ids) for _ in range(4)}
    assert len(runs) == 4


def test_sampling_leaves_the_global_random_state_alone(model: MarianMTModel) -> None:
    torch.manual_seed(9)
    before = torch.get_rng_state()
    decode(model, SOURCES[:2], dataclasses.replace(SAMPLE, num_return_sequences=2))
    assert torch.equal(torch.get_rng_state(), before)


def test_several_samples(model: MarianMTModel) -> None:
    params = dataclasses.replace(SAMPLE, num_return_sequences=4)
    for source, hypotheses in zip(SOURCES[:6], decode(model, SOURCES[:6], params), strict=True):
        assert len(hypotheses) == 4
        scores = [hypothesis.score for hypothesis in hypotheses]
        assert scores == sorted(scores, reverse=True)
        [[single]] = decode(model, [source], SAMPLE)
        assert single.token_ids in ids(hypotheses)
        for hypothesis in hypotheses:
            log_probs = token_log_probs(model, source, hypothesis.token_ids)
            assert hypothesis.score == pytest.approx(sum(log_probs) / len(log_probs), abs=1e-5)
            ended = hypothesis.token_ids[-1] == EOS
            assert hypothesis.finish_reason is (FinishReason.STOP if ended else FinishReason.LENGTH)
            assert EOS not in hypothesis.token_ids[:-1]
            assert ended or len(hypothesis.token_ids) == MAX_NEW_TOKENS


def test_more_samples_keep_the_first_ones(model: MarianMTModel) -> None:
    two, four = (
        {tuple(h.token_ids) for h in decode(model, SOURCES[3:4], params)[0]}
        for params in (dataclasses.replace(SAMPLE, num_return_sequences=n) for n in (2, 4))
    )
    assert two <= four


def test_a_finished_lane_reads_padding() -> None:
    chooser = make_chooser(
        GenerationParams(do_sample=True, num_return_sequences=2, top_k=1, max_new_tokens=3), [3, EOS], LIMITS
    )
    assert chooser is not None
    logits = torch.zeros(2, LIMITS.vocab_size)
    logits[0, EOS] = logits[1, 4] = 5.0
    first = chooser.choose(LaneScores.of(logits))
    assert (first.tokens, first.parents, first.finished) == ([EOS, 4], None, None)
    assert chooser.choose(LaneScores.of(logits)).tokens == [PAD, 4]
    last = chooser.choose(LaneScores.of(logits))
    assert last.finished is not None
    assert sorted(ids(last.finished)) == [[EOS], [4, 4, 4]]


@pytest.mark.parametrize("do_sample", [True, False])
def test_no_possible_token_is_an_error(do_sample: bool) -> None:
    params = GenerationParams(do_sample=do_sample, suppress_tokens=tuple(range(LIMITS.vocab_size)))
    chooser = make_chooser(params, [3, EOS], LIMITS)
    assert chooser is not None
    with pytest.raises(InvalidParamsError, match="output position 0"):
        chooser.choose(LaneScores.of(torch.zeros(1, LIMITS.vocab_size)))
