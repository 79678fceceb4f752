"""Outputs that end with their sentence: what comes is what would have come, up to there."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.engine.engine import TokensEvent
from crosslate.models.engine.request import (
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
    SentenceStop,
)
from tests.models.engine.fakes import EOS, VOCAB_SIZE, FakeRunner, make_engine

ENDS, BEGINS = SentenceStop.ENDS_SENTENCE, SentenceStop.BEGINS_WORD
ANYWHERE = SentenceStop(1, bytes([ENDS | BEGINS] * VOCAB_SIZE))
ONE_LANE = [
    GenerationParams(),
    GenerationParams(suppress_tokens=(5,), min_new_tokens=4),
    GenerationParams(repetition_penalty=1.3),
    GenerationParams(do_sample=True, seed=3),
]
stops = st.builds(
    SentenceStop,
    st.integers(1, 12),
    st.lists(st.sampled_from([0, ENDS, BEGINS, ENDS | BEGINS]), min_size=VOCAB_SIZE, max_size=VOCAB_SIZE).map(
        bytes
    ),
)
sources = st.lists(st.integers(3, VOCAB_SIZE - 1), min_size=1, max_size=12)


def outputs(*requests: GenerationRequest) -> list[GenerationOutput]:
    return make_engine(FakeRunner()).generate(list(requests))


def place_of(stop: SentenceStop, token_ids: list[int]) -> int | None:
    """Where a sentence ends in an output that went on, from `after` on."""
    places = range(max(stop.after, 1), len(token_ids))
    return next(
        (n for n in places if stop.marks[token_ids[n - 1]] & ENDS and stop.marks[token_ids[n]] & BEGINS), None
    )


@given(source=sources, stop=stops, params=st.sampled_from(ONE_LANE))
def test_one_lane_writes_what_it_would_have_written_up_to_its_sentences_end(
    source: list[int], stop: SentenceStop, params: GenerationParams
) -> None:
    params = dataclasses.replace(params, max_new_tokens=20)
    free = GenerationRequest(source_ids=source, params=params)
    (whole,), (stopped,) = (
        outputs(free)[0].hypotheses,
        outputs(dataclasses.replace(free, stop=stop))[0].hypotheses,
    )
    place = place_of(stop, whole.token_ids)
    if place is None:
        assert (stopped.token_ids, stopped.finish_reason) == (whole.token_ids, whole.finish_reason)
    else:
        assert stopped.token_ids == whole.token_ids[:place]
        assert stopped.finish_reason is FinishReason.LENGTH
        limited = dataclasses.replace(free, params=dataclasses.replace(params, max_new_tokens=place))
        assert math.isclose(stopped.score, outputs(limited)[0].score, rel_tol=1e-5, abs_tol=1e-6)


@pytest.mark.parametrize("params", ONE_LANE, ids=str)
def test_the_stream_is_the_output(params: GenerationParams) -> None:
    engine = make_engine(FakeRunner())
    params = dataclasses.replace(params, max_new_tokens=20, min_new_tokens=9)
    request = GenerationRequest(source_ids=[4, 6], params=params, stop=dataclasses.replace(ANYWHERE, after=7))
    engine.add(request, stream=True)
    streamed: list[int] = []
    while True:
        for event in engine.step():
            if isinstance(event, TokensEvent):
                streamed += event.token_ids
            else:
                assert event.token_ids == streamed
                assert len(streamed) == 7
                return


@given(source=sources, stop=stops, num_beams=st.integers(2, 5), early=st.sampled_from([True, False, "never"]))
def test_no_beam_goes_on_beyond_its_sentence(
    source: list[int], stop: SentenceStop, num_beams: int, early: bool
) -> None:
    params = GenerationParams(
        num_beams=num_beams, num_return_sequences=num_beams, early_stopping=early, max_new_tokens=16
    )
    output = outputs(GenerationRequest(source_ids=source, params=params, stop=stop))[0]
    for hypothesis in output.hypotheses:
        ids = hypothesis.token_ids
        assert place_of(stop, ids) is None
        is_stopped = len(ids) >= stop.after and stop.marks[ids[-1]] & ENDS
        assert ids[-1] == EOS or len(ids) == 16 or is_stopped
        assert hypothesis.finish_reason is (FinishReason.STOP if ids[-1] == EOS else FinishReason.LENGTH)


@given(source=sources, stop=stops, num_beams=st.integers(2, 5))
def test_a_beam_search_that_meets_no_sentences_end_is_not_touched(
    source: list[int], stop: SentenceStop, num_beams: int
) -> None:
    free = GenerationRequest(
        source_ids=source, params=GenerationParams(num_beams=num_beams, max_new_tokens=9)
    )
    never = SentenceStop(stop.after, bytes(mark & BEGINS for mark in stop.marks))
    first, second = outputs(free, dataclasses.replace(free, stop=never, request_id=free.request_id + 10**6))
    assert first.hypotheses == second.hypotheses


def test_every_beam_may_end_at_once_and_nothing_is_left_to_go_on_with() -> None:
    params = GenerationParams(num_beams=4, num_return_sequences=4, min_new_tokens=6, max_new_tokens=16)
    output = outputs(GenerationRequest(source_ids=[4, 6], params=params, stop=ANYWHERE))[0]
    assert {len(hypothesis.token_ids) for hypothesis in output.hypotheses} == {1}


@given(source=st.lists(sources, min_size=2, max_size=4), stop=stops, num_beams=st.integers(1, 3))
def test_a_batch_gives_what_each_gives_alone(
    source: list[list[int]], stop: SentenceStop, num_beams: int
) -> None:
    params = GenerationParams(num_beams=num_beams, max_new_tokens=14)
    requests = [GenerationRequest(source_ids=ids, params=params, stop=stop) for ids in source]
    together = outputs(*requests)
    assert [o.token_ids for o in together] == [outputs(request)[0].token_ids for request in requests]
