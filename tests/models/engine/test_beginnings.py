"""Outputs that begin as they are told: against the network written down in numpy, and in every company."""

from __future__ import annotations

import random

import numpy as np
import pytest
from torch import Tensor

from crosslate.models.engine.request import (
    AttentionSelection,
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.engine.scores.logits import LaneScores
from crosslate.models.engine.search.sampling import GivenToken
from crosslate.models.errors import InvalidParamsError
from crosslate.models.native.kernels import load_kernels
from tests.models.engine.rows.forced_decoding import random_source
from tests.models.engine.rows.test_runner import NUM_FREQUENT, Built, build

EOS = 0
MAX_NEW_TOKENS = 8


@pytest.fixture(scope="module", params=["rnn", "self-attention"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("student"), request.param)


def ask(built: Built, *requests: GenerationRequest) -> list[GenerationOutput]:
    return list(built.loaded.make_engine().generate(list(requests)))


def asked(
    source: list[int], *beginnings: list[int], params: GenerationParams | None = None
) -> GenerationRequest:
    return GenerationRequest(
        source_ids=source,
        params=params or GenerationParams(max_new_tokens=MAX_NEW_TOKENS),
        beginnings=tuple(map(tuple, beginnings)),
    )


def expected(
    built: Built, source: list[int], beginning: list[int], allowed: list[int]
) -> tuple[list[int], float]:
    """The greedy continuation, and the mean log-probability of all of it, as numpy has it."""
    target: list[int] = []
    total = 0.0
    while len(target) < MAX_NEW_TOKENS and (not target or target[-1] != EOS):
        scores = built.reference.decode(source, target)[0][-1][allowed]
        log_probs = scores - np.logaddexp.reduce(scores)
        place = allowed.index(beginning[len(target)]) if len(target) < len(beginning) else log_probs.argmax()
        target.append(allowed[int(place)])
        total += float(log_probs[int(place)])
    return target, total / len(target)


def others(built: Built, source: list[int], count: int) -> list[int]:
    """Tokens that the shortlist does not have for a source."""
    known = set(built.candidates(source))
    return [token for token in range(NUM_FREQUENT, built.vocab_size) if token not in known][:count]


def test_outputs_go_on_greedily_behind_tokens_that_no_shortlist_has(built: Built) -> None:
    rng = random.Random(3)
    for _ in range(4):
        source = random_source(rng, built.vocab_size)
        first, second, third = others(built, source, 3)
        beginnings = [[first], [second, third], [first, second, EOS]]
        allowed = sorted({*built.candidates(source), first, second, third})
        (output,) = ask(built, asked(source, *beginnings))
        found = {tuple(h.token_ids): h.score for h in output.hypotheses}
        wanted = {
            tuple(target): score
            for target, score in (expected(built, source, one, allowed) for one in beginnings)
        }
        assert found == {target: pytest.approx(score, abs=1e-4) for target, score in wanted.items()}
        scores = [hypothesis.score for hypothesis in output.hypotheses]
        assert scores == sorted(scores, reverse=True)


def test_a_beginning_that_is_the_greedy_output_changes_nothing(built: Built) -> None:
    rng = random.Random(4)
    source = random_source(rng, built.vocab_size)
    params = GenerationParams(max_new_tokens=MAX_NEW_TOKENS)
    (free,) = ask(built, GenerationRequest(source_ids=source, params=params))
    (begun,) = ask(built, asked(source, free.token_ids[:2]))
    assert begun.token_ids == free.token_ids
    assert begun.score == pytest.approx(free.score, abs=1e-4)


def test_beginnings_change_nothing_for_others_and_others_nothing_for_them(built: Built) -> None:
    rng = random.Random(5)
    sources = [random_source(rng, built.vocab_size) for _ in range(5)]
    params = GenerationParams(max_new_tokens=MAX_NEW_TOKENS)
    plain = [GenerationRequest(source_ids=source, params=params) for source in sources]
    begun = [asked(source, others(built, source, 2), [5]) for source in sources]
    alone = [ask(built, request)[0].token_ids for request in (*plain, *begun)]
    again = [
        *(GenerationRequest(source_ids=source, params=params) for source in sources),
        *(asked(source, others(built, source, 2), [5]) for source in sources),
    ]
    assert [output.token_ids for output in ask(built, *again)] == alone


def test_they_are_cut_at_the_limit_and_hold_to_what_is_banned(built: Built) -> None:
    source = random_source(random.Random(6), built.vocab_size)
    (output,) = ask(built, asked(source, [3] * (MAX_NEW_TOKENS + 2)))
    assert output.token_ids == [3] * MAX_NEW_TOKENS
    assert output.finish_reason is FinishReason.LENGTH
    (free,) = ask(built, asked(source, [3]))
    banned = free.token_ids[1]
    params = GenerationParams(max_new_tokens=MAX_NEW_TOKENS, suppress_tokens=(banned,))
    if banned != EOS:
        (other,) = ask(built, asked(source, [banned], params=params))
        assert other.token_ids[0] == banned
        assert banned not in other.token_ids[1:]


def test_each_has_its_own_attention_and_beams_make_no_difference(built: Built) -> None:
    source = random_source(random.Random(7), built.vocab_size)
    params = GenerationParams(max_new_tokens=MAX_NEW_TOKENS, num_beams=4, do_sample=True, seed=1)
    request = GenerationRequest(
        source_ids=source, params=params, attention=AttentionSelection(layer=0), beginnings=((5,), (6, 7))
    )
    (output,) = ask(built, request)
    (greedy,) = ask(built, asked(source, [5], [6, 7]))
    assert [h.token_ids for h in output.hypotheses] == [h.token_ids for h in greedy.hypotheses]
    for hypothesis in output.hypotheses:
        assert hypothesis.attention is not None
        assert hypothesis.attention.shape == (len(hypothesis.token_ids), len(source))


@pytest.mark.skipif(load_kernels() is None, reason="the kernels are not compiled")
def test_no_step_of_them_looks_at_the_whole_vocabulary(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    source = random_source(random.Random(8), built.vocab_size)
    params = GenerationParams(max_new_tokens=MAX_NEW_TOKENS, suppress_tokens=(EOS, 7))
    beginnings = [others(built, source, 2), [5], [5, 6, 7, 8]]
    with monkeypatch.context() as patched:
        patched.setattr(GivenToken, "pick_of_few", lambda *_: None)
        (output,) = ask(built, asked(source, *beginnings, params=params))
        wanted = output.hypotheses

    def forbidden(_: LaneScores) -> Tensor:
        raise AssertionError("all scores were asked for")

    monkeypatch.setattr(LaneScores, "all", forbidden)
    (output,) = ask(built, asked(source, *beginnings, params=params))
    assert [one.token_ids for one in output.hypotheses] == [one.token_ids for one in wanted]
    assert [one.score for one in output.hypotheses] == pytest.approx([one.score for one in wanted], abs=1e-4)


@pytest.mark.parametrize("beginning", [[], [-1], [10**6]])
def test_what_is_no_beginning_is_refused(built: Built, beginning: list[int]) -> None:
    engine = built.loaded.make_engine()
    with pytest.raises(InvalidParamsError, match="beginning"):
        engine.prepare(asked([5, EOS], [3], beginning))
