"""Outputs that are read, not written: against the network written down in numpy, and in every company."""

from __future__ import annotations

import random

import numpy as np
import pytest

from crosslate.models.engine.request import (
    AttentionSelection,
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.engine.rows.passage_reader import MAX_TOKENS
from crosslate.models.errors import EngineError
from tests.models.engine.rows.forced_decoding import random_source
from tests.models.engine.rows.test_runner import NUM_FREQUENT, Built, build

EOS = 0


@pytest.fixture(scope="module", params=["rnn", "self-attention"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("student"), request.param)


def ask(built: Built, *requests: GenerationRequest) -> list[GenerationOutput]:
    return list(built.loaded.make_engine().generate(list(requests)))


def asked(source: list[int], *drafts: list[int]) -> GenerationRequest:
    return GenerationRequest(source_ids=source, drafts=tuple(map(tuple, drafts)))


def drafts_for(built: Built, rng: random.Random) -> list[list[int]]:
    """Two that end, of which no shortlist has the tokens, and one that does not."""
    return [
        [rng.randrange(NUM_FREQUENT, built.vocab_size) for _ in range(5)] + [EOS],
        [rng.randrange(NUM_FREQUENT, built.vocab_size) for _ in range(2)] + [EOS],
        [rng.randrange(1, NUM_FREQUENT)],
    ]


def expected(
    built: Built, source: list[int], draft: list[int], allowed: list[int]
) -> tuple[float, list[int]]:
    """The mean log-probability, and what is likeliest at each place, as numpy has it."""
    total, preferred = 0.0, []
    for at, token in enumerate(draft):
        scores = built.reference.decode(source, draft[:at])[0][-1][allowed]
        log_probs = scores - np.logaddexp.reduce(scores)
        total += float(log_probs[allowed.index(token)])
        preferred.append(allowed[int(log_probs.argmax())])
    return total / len(draft), preferred


def test_drafts_are_read_as_they_would_be_written(built: Built) -> None:
    rng = random.Random(3)
    sources = [random_source(rng, built.vocab_size) for _ in range(3)]
    drafts = [drafts_for(built, rng) for _ in sources]
    outputs = ask(built, *(asked(source, *some) for source, some in zip(sources, drafts, strict=True)))
    for source, some, output in zip(sources, drafts, outputs, strict=True):
        allowed = sorted({*built.candidates(source), *(token for draft in some for token in draft)})
        found = {tuple(one.token_ids): one for one in output.hypotheses}
        assert set(found) == set(map(tuple, some))
        for draft in some:
            score, preferred = expected(built, source, draft, allowed)
            one = found[tuple(draft)]
            assert one.score == pytest.approx(score, abs=1e-4)
            assert one.preferred == tuple(preferred)
            assert one.finish_reason is (FinishReason.STOP if draft[-1] == EOS else FinishReason.LENGTH)
        scores = [one.score for one in output.hypotheses]
        assert scores == sorted(scores, reverse=True)


def test_more_than_is_read_at_once_is_read_all_the_same(built: Built) -> None:
    rng = random.Random(5)
    source = random_source(rng, built.vocab_size)
    drafts = [[*(rng.randrange(1, NUM_FREQUENT) for _ in range(9)), EOS] for _ in range(MAX_TOKENS // 8)]
    (output,) = ask(built, asked(source, *drafts))
    (alone,) = ask(built, asked(source, drafts[-1]))
    assert len(output.hypotheses) == len(drafts)
    (same,) = (one for one in output.hypotheses if one.token_ids == drafts[-1])
    assert same.score == pytest.approx(alone.score, abs=1e-4)
    assert same.preferred == alone.hypotheses[0].preferred


def test_what_the_model_wrote_is_what_it_prefers(built: Built) -> None:
    source = random_source(random.Random(4), built.vocab_size)
    (free,) = ask(built, GenerationRequest(source_ids=source, params=GenerationParams(max_new_tokens=6)))
    (read,) = ask(built, asked(source, free.token_ids))
    assert read.hypotheses[0].preferred == tuple(free.token_ids)
    assert read.score == pytest.approx(free.score, abs=1e-4)


def test_they_take_no_slot_and_change_nothing_for_others(built: Built) -> None:
    rng = random.Random(6)
    source = random_source(rng, built.vocab_size)
    free = GenerationRequest(source_ids=source, params=GenerationParams(max_new_tokens=6))
    (alone,) = ask(built, free)
    again = GenerationRequest(source_ids=source, params=GenerationParams(max_new_tokens=6))
    written, read = ask(built, again, asked(source, *drafts_for(built, rng)))
    assert written.token_ids == alone.token_ids
    assert len(read.hypotheses) == 3


@pytest.mark.parametrize("draft", [[], [-1], [10**6], [3] * 10**4])
def test_what_is_no_draft_is_refused(built: Built, draft: list[int]) -> None:
    with pytest.raises(EngineError, match=r"draft|target"):
        built.loaded.make_engine().prepare(asked([5, EOS], [3], draft))


def test_no_attention_comes_of_drafts(built: Built) -> None:
    request = GenerationRequest(source_ids=[5, EOS], drafts=((3,),), attention=AttentionSelection(layer=0))
    with pytest.raises(EngineError, match="attention"):
        built.loaded.make_engine().prepare(request)
