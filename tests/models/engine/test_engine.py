from __future__ import annotations

import logging
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.engine.engine import Engine, StepEvent, TokensEvent
from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import (
    AlignmentRequest,
    AttentionSelection,
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
    SentenceStop,
)
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.scores.logits import LaneScores
from crosslate.models.engine.search.chooser import LaneChoice
from crosslate.models.errors import (
    InvalidParamsError,
    QueueFullError,
    RequestFailedError,
    RequestTooLongError,
)
from tests.models.engine.fakes import (
    ENDLESS,
    EOS,
    LIMITS,
    VOCAB_SIZE,
    FakeClock,
    FakeRunner,
    ToyBeams,
    cross_attention,
    make_engine,
    make_toy_chooser,
    next_scores,
)
from tests.models.engine.integrity import check_integrity

LAST_LAYER = AttentionSelection(layer=1, heads=(0,))


def request(
    source_ids: list[int], attention: AttentionSelection | None = None, **params: int | bool | float
) -> GenerationRequest:
    return GenerationRequest(
        source_ids=source_ids,
        params=GenerationParams(**params),  # type: ignore[arg-type]
        attention=attention,
    )


def greedy(source_ids: list[int], max_new_tokens: int) -> tuple[list[int], float]:
    """Greedy search without an engine: tokens and mean log-probability."""
    tokens: list[int] = []
    logprobs: list[float] = []
    while len(tokens) < max_new_tokens and tokens[-1:] != [EOS]:
        distribution = torch.log_softmax(next_scores(source_ids, tokens), dim=0)
        tokens.append(int(distribution.argmax()))
        logprobs.append(float(distribution.max()))
    return tokens, math.fsum(logprobs) / len(logprobs)


def run_to_the_end(engine: Engine) -> list[StepEvent]:
    events: list[StepEvent] = []
    while engine.has_work:
        events += engine.step()
        check_integrity(engine.scheduler)
    return events


def outputs_of(events: list[StepEvent]) -> dict[int, GenerationOutput]:
    outputs = [event for event in events if isinstance(event, GenerationOutput)]
    by_id = {output.request_id: output for output in outputs}
    assert len(by_id) == len(outputs), "one terminal event per request"
    return by_id


def assert_idle(engine: Engine, runner: FakeRunner) -> None:
    assert not engine.has_work
    assert runner.batches == []
    assert engine.stats().num_used_slots == 0


sources = st.lists(st.integers(3, VOCAB_SIZE - 1), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(
    asked=st.lists(st.tuples(sources, st.integers(1, 15)), max_size=12),
    max_slots=st.integers(1, 6),
    max_tokens=st.integers(1, 40),
)
def test_greedy_results_do_not_depend_on_the_batch(
    asked: list[tuple[list[int], int]], max_slots: int, max_tokens: int
) -> None:
    runner = FakeRunner()
    config = SchedulerConfig(max_slots=max_slots, max_encoder_tokens_per_step=max_tokens, max_waiting=1)
    engine = make_engine(runner, config=config)
    outputs = engine.generate([request(source, max_new_tokens=longest) for source, longest in asked])
    for (source, longest), output in zip(asked, outputs, strict=True):
        tokens, score = greedy(source, longest)
        assert output.token_ids == tokens
        assert output.score == pytest.approx(score, abs=1e-5)
        assert output.finish_reason is (FinishReason.STOP if tokens[-1] == EOS else FinishReason.LENGTH)
        assert output.num_source_tokens == len(source)
    assert_idle(engine, runner)


def test_beams_follow_their_parents() -> None:
    engine = make_engine(FakeRunner(), choosers=make_toy_chooser)
    asked = [request([5, n, 9], num_beams=width, max_new_tokens=6) for n in range(3, 9) for width in (2, 3)]
    for asking, output in zip(asked, engine.generate(asked), strict=True):
        alone = ToyBeams(asking.params.num_beams or 1, 6)
        hypotheses = None
        while hypotheses is None:
            rows = [next_scores(asking.source_ids, history) for history in alone.histories]
            hypotheses = alone.choose(LaneScores.of(torch.stack(rows))).finished
        assert [h.token_ids for h in output.hypotheses] == [h.token_ids for h in hypotheses]


def mixed_requests() -> list[GenerationRequest]:
    return [
        request([5, 6, 7], max_new_tokens=12),
        request([8, 9], max_new_tokens=9, num_beams=3, num_return_sequences=2),
        request([10, 11, 12, 13], max_new_tokens=12, do_sample=True, seed=3),
        request([14], max_new_tokens=7, do_sample=True, seed=4, num_return_sequences=3),
        request([15, 16], max_new_tokens=12, repetition_penalty=1.5),
        request([17, 5, 5, 5, 5, 5], max_new_tokens=4),
        request([18, 19, 20], max_new_tokens=12, num_beams=4),
    ]


def answers(output: GenerationOutput) -> list[tuple[list[int], float, FinishReason]]:
    return [(h.token_ids, round(h.score, 4), h.finish_reason) for h in output.hypotheses]


def test_every_decoding_method_gives_alone_what_it_gives_in_a_mix() -> None:
    alone = [make_engine(FakeRunner()).generate([asking])[0] for asking in mixed_requests()]
    engine = make_engine(FakeRunner(), config=SchedulerConfig(max_slots=9))
    together = engine.generate(mixed_requests())
    assert [answers(output) for output in together] == [answers(output) for output in alone]


def test_joining_and_leaving_changes_nothing_for_the_others() -> None:
    alone = make_engine(FakeRunner()).generate(mixed_requests())
    runner = FakeRunner()
    engine = make_engine(runner)
    asked = mixed_requests()
    strangers = [request([ENDLESS, n]) for n in range(3, 3 + len(asked))]
    events: list[StepEvent] = []
    for i, asking in enumerate(asked):  # a stranger joins before each and leaves two steps later
        engine.add(strangers[i])
        engine.add(asking)
        events += engine.step()
        engine.abort(strangers[max(i - 1, 0)].request_id)
    engine.abort(strangers[-1].request_id)
    outputs = outputs_of(events + run_to_the_end(engine))
    assert [answers(outputs[asking.request_id]) for asking in asked] == [answers(output) for output in alone]
    assert_idle(engine, runner)


def test_shortlisted_scores_reach_greedy_rows_and_choosers_as_token_ids() -> None:
    shortlist = [0, 1, 4, 8, 15, 16, 23]
    asked = [request([9, 10], max_new_tokens=8), request([9, 11], max_new_tokens=8, num_beams=2)]
    limited = make_engine(FakeRunner(shortlist=shortlist)).generate(asked)
    assert all(set(h.token_ids) <= set(shortlist) for output in limited for h in output.hypotheses)
    everything = list(range(VOCAB_SIZE))
    complete = make_engine(FakeRunner(shortlist=everything)).generate(asked)
    assert list(map(answers, complete)) == list(map(answers, make_engine(FakeRunner()).generate(asked)))


def test_defaults_apply_and_the_length_never_exceeds_the_model() -> None:
    limits = RunnerLimits(
        max_source_tokens=40,
        max_target_tokens=20,
        vocab_size=VOCAB_SIZE,
        source_vocab_size=VOCAB_SIZE,
        eos_token_ids=(EOS,),
        pad_token_id=1,
        decoder_start_token_id=None,
        num_layers=1,
        num_heads=1,
    )
    engine = make_engine(FakeRunner(limits=limits), default_params=GenerationParams(max_new_tokens=6))
    asked = [request([ENDLESS]), request([ENDLESS], max_new_tokens=9), request([ENDLESS], max_new_tokens=99)]
    assert [len(output.token_ids) for output in engine.generate(asked)] == [6, 9, 20]
    (unlimited,) = make_engine(FakeRunner(limits=limits)).generate([request([ENDLESS])])
    assert (len(unlimited.token_ids), unlimited.finish_reason) == (20, FinishReason.LENGTH)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (request([]), "the source is empty"),
        (request([VOCAB_SIZE]), "outside 0..23"),
        (request([-1]), "outside 0..23"),
        (request([5], max_new_tokens=0), "max_new_tokens is 0"),
        (request([5], num_beams=65), "at most 64"),
        (AlignmentRequest(source_ids=[5], target_ids=[]), "the target is empty"),
        (AlignmentRequest(source_ids=[5], target_ids=[VOCAB_SIZE]), "the target has token ids outside"),
    ],
)
def test_refuses_invalid_requests_at_once(asked: GenerationRequest | AlignmentRequest, error: str) -> None:
    engine = make_engine(FakeRunner())
    with pytest.raises(InvalidParamsError, match=error):
        engine.add(asked)
    assert not engine.has_work


def test_refuses_what_is_longer_than_the_model_takes() -> None:
    engine = make_engine(FakeRunner())
    with pytest.raises(RequestTooLongError, match="the source has 41 tokens, the model takes at most 40"):
        engine.add(request([5] * 41))
    with pytest.raises(RequestTooLongError, match="the target has 100001 tokens"):
        engine.add(AlignmentRequest(source_ids=[5], target_ids=[5] * (LIMITS.max_target_tokens + 1)))


def test_refuses_beyond_the_queue_but_generate_takes_any_number() -> None:
    engine = make_engine(FakeRunner(), config=SchedulerConfig(max_slots=1, max_waiting=0))
    assert len(engine.generate([request([n]) for n in range(3, 9)])) == 6
    engine.add(request([5]))
    with pytest.raises(QueueFullError):
        engine.add(request([5]))


def test_generate_serves_nothing_if_one_request_is_invalid() -> None:
    engine = make_engine(FakeRunner())
    for invalid in (request([]), request([5], num_beams=65)):
        with pytest.raises(InvalidParamsError):
            engine.generate([request([5]), invalid])
    twice = request([5])
    with pytest.raises(ValueError, match="same request_id"):
        engine.generate([twice, twice])
    assert not engine.has_work


def test_generate_leaves_the_events_of_other_requests_to_the_next_step() -> None:
    engine = make_engine(FakeRunner())
    other = request([5, 6], max_new_tokens=2)
    engine.add(other, stream=True)
    engine.generate([request([ENDLESS], max_new_tokens=30)])
    events = run_to_the_end(engine)
    streamed = [token for event in events if isinstance(event, TokensEvent) for token in event.token_ids]
    assert streamed == outputs_of(events)[other.request_id].token_ids == greedy([5, 6], 2)[0]


def test_an_interrupted_generate_leaves_nothing_behind() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    runner = FakeRunner(before_decode=interrupt)
    engine = make_engine(runner)
    with pytest.raises(KeyboardInterrupt):
        engine.generate([request([ENDLESS]), request([6])])
    assert_idle(engine, runner)


def test_abort_frees_the_slot_of_the_running_and_the_place_of_the_waiting() -> None:
    runner = FakeRunner()
    engine = make_engine(runner, config=SchedulerConfig(max_slots=1))
    running, waiting, last = request([ENDLESS]), request([ENDLESS]), request([5, 6])
    for asking in (running, waiting, last):
        engine.add(asking)
    assert engine.step() == []
    engine.abort(running.request_id)
    engine.abort(waiting.request_id)
    engine.abort(waiting.request_id)
    outputs = outputs_of(run_to_the_end(engine))
    assert [outputs[asking.request_id].finish_reason for asking in (running, waiting)] == ["abort", "abort"]
    assert outputs[last.request_id].token_ids == greedy([5, 6], 1000)[0]
    assert_idle(engine, runner)


def test_deadlines_end_the_waiting_and_the_running() -> None:
    clock = FakeClock()
    engine = make_engine(FakeRunner(), config=SchedulerConfig(max_slots=1), clock=clock)
    running, waiting = request([ENDLESS]), request([ENDLESS])
    engine.add(running, deadline=clock() + 2)
    engine.add(waiting, deadline=clock() + 2)
    engine.step()
    clock.now += 2
    outputs = outputs_of(engine.step())
    assert [outputs[asking.request_id].error for asking in (running, waiting)] == [
        "the request's time limit passed"
    ] * 2
    assert not engine.has_work
    assert engine.stats().num_expired == 2


def test_times_say_where_a_request_spent_them() -> None:
    clock = FakeClock()

    def tick() -> None:
        clock.now += 1

    runner = FakeRunner(before_decode=tick, before_attend=tick)
    engine = make_engine(runner, config=SchedulerConfig(max_slots=1), clock=clock)
    outputs = engine.generate(
        [
            request([ENDLESS], max_new_tokens=3),
            request([ENDLESS], LAST_LAYER, max_new_tokens=2),
            request([ENDLESS], max_new_tokens=1),
        ]
    )
    times = [(output.queue_s, output.decode_s, output.align_s) for output in outputs]
    assert times == [(0, 3, 0), (3, 2, 1), (6, 1, 0)]


def test_a_source_that_cannot_be_encoded_fails_alone(caplog: pytest.LogCaptureFixture) -> None:
    runner = FakeRunner(poison=9)
    engine = make_engine(runner)
    with caplog.at_level(logging.CRITICAL):
        outputs = engine.generate([request([5, 6]), request([9, 6]), request([7, 8])])
    assert [output.finish_reason for output in outputs] == ["stop", "error", "stop"]
    assert outputs[1].hypotheses == ()
    assert outputs[1].error == "the model failed while encoding the source (RuntimeError)"
    assert outputs[2].token_ids == greedy([7, 8], 1000)[0]
    assert_idle(engine, runner)


def test_a_failed_step_ends_its_width_only_and_the_engine_goes_on() -> None:
    runner = FakeRunner(failing_widths={2})
    engine = make_engine(runner)
    asked = [request([5]), request([6], num_beams=2), request([7], num_beams=2), request([8], num_beams=3)]
    reasons = [output.finish_reason for output in engine.generate(asked)]
    assert [reason == "error" for reason in reasons] == [False, True, True, False]
    runner.failing_widths.clear()
    assert engine.generate([request([6], num_beams=2)])[0].finish_reason != "error"
    assert_idle(engine, runner)


def test_a_failed_chooser_ends_its_own_sequence_only() -> None:
    class Broken:
        def choose(self, scores: LaneScores) -> LaneChoice:
            raise RuntimeError("broken")

    def choosers(
        params: GenerationParams, source_ids: list[int], limits: RunnerLimits, stop: SentenceStop | None
    ) -> Broken | None:
        return Broken() if 9 in source_ids else None

    outputs = make_engine(FakeRunner(), choosers=choosers).generate(
        [request([5]), request([9], repetition_penalty=1.1), request([6])]
    )
    assert [output.finish_reason == "error" for output in outputs] == [False, True, False]
    assert outputs[2].token_ids == greedy([6], 1000)[0]


def test_scores_that_are_no_numbers_are_an_error_not_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    nan = torch.full((VOCAB_SIZE,), math.nan)
    monkeypatch.setattr("tests.models.engine.fakes.next_scores", lambda source, history: nan)
    (output,) = make_engine(FakeRunner()).generate([request([5], max_new_tokens=3)])
    assert output.finish_reason is FinishReason.ERROR


def test_streamed_tokens_are_the_output() -> None:
    engine = make_engine(FakeRunner())
    asked = mixed_requests()
    for asking in asked:
        engine.add(asking, stream=True)
    events = run_to_the_end(engine)
    outputs = outputs_of(events)
    streamed: dict[int, list[int]] = {}
    ended: set[int] = set()
    for event in events:
        if isinstance(event, TokensEvent):
            assert event.request_id not in ended
            streamed.setdefault(event.request_id, []).extend(event.token_ids)
        else:
            ended.add(event.request_id)
    for asking in asked:
        has_one_lane = asking.params.num_beams is None and asking.params.num_return_sequences is None
        expected = outputs[asking.request_id].token_ids if has_one_lane else None
        assert streamed.get(asking.request_id) == expected


def test_attention_comes_with_every_hypothesis_in_one_pass_per_step() -> None:
    runner = FakeRunner()
    engine = make_engine(runner)
    asked = [
        request([ENDLESS, 7], LAST_LAYER, max_new_tokens=4),
        request([8, 9], LAST_LAYER, max_new_tokens=4, num_beams=2, num_return_sequences=2),
        request([ENDLESS], AttentionSelection(), max_new_tokens=4),
        request([ENDLESS, 4], max_new_tokens=4),
    ]
    outputs = engine.generate(asked)
    for asking, output in zip(asked[:3], outputs, strict=False):
        assert asking.attention is not None
        for hypothesis in output.hypotheses:
            expected = cross_attention(asking.source_ids, hypothesis.token_ids, asking.attention)
            np.testing.assert_array_equal(hypothesis.attention, expected)
    assert outputs[3].hypotheses[0].attention is None
    assert sum(runner.attend_sizes) == 4
    assert len(runner.attend_sizes) <= 2


def test_failed_attention_fails_its_own_request_only() -> None:
    engine = make_engine(FakeRunner(unattendable=9))
    asked = [request([ENDLESS, n], LAST_LAYER, max_new_tokens=2) for n in (5, 9, 6)]
    outputs = engine.generate(asked)
    assert [output.finish_reason for output in outputs] == ["length", "error", "length"]
    assert outputs[2].hypotheses[0].attention is not None


def test_align_gives_all_layers_and_heads_or_the_selected_one() -> None:
    engine = make_engine(FakeRunner())
    complete = engine.align([5, 6, 0], [7, 8, 9, 0])
    assert complete.shape == (2, 3, 4, 3)
    torch.testing.assert_close(complete.sum(dim=-1), torch.ones(2, 3, 4))
    assert engine.align([5, 6, 0], [7, 0], LAST_LAYER).shape == (2, 3)


def test_alignment_requests_share_steps_with_generation_and_never_decode() -> None:
    runner = FakeRunner(unattendable=9)
    engine = make_engine(runner)
    asked = [AlignmentRequest(source_ids=[n, 6], target_ids=[7], attention=LAST_LAYER) for n in (5, 9, 8)]
    generating = request([ENDLESS], max_new_tokens=2)
    for pair in asked:
        engine.add(pair)
    engine.add(generating)
    outputs = outputs_of(engine.step())
    assert [outputs[asking.request_id].finish_reason for asking in asked] == ["stop", "error", "stop"]
    assert [s.request for batch in runner.batches for s in batch.sequences] == [generating]
    assert runner.align_sizes == [3, 1, 1, 1], "all at once, then each alone, since one fails"
    assert len(outputs_of(run_to_the_end(engine))) == 1
    with pytest.raises(RequestFailedError, match="failed while aligning"):
        engine.align([9], [7])
    assert_idle(engine, runner)


def test_an_alignment_is_answered_while_every_slot_is_taken() -> None:
    runner = FakeRunner()
    engine = make_engine(runner, config=SchedulerConfig(max_slots=1))
    running = request([ENDLESS])
    engine.add(running)
    engine.step()
    assert engine.align([5, 6, 0], [7, 0], LAST_LAYER).shape == (2, 3)
    assert engine.stats().num_used_slots == 1
    engine.abort(running.request_id)
    engine.step()
    assert_idle(engine, runner)


def test_stats_add_up() -> None:
    config = SchedulerConfig(max_slots=8, max_padding_per_batch=100)
    engine = make_engine(FakeRunner(), config=config)
    engine.add(request([ENDLESS] * 6, max_new_tokens=3))
    engine.add(request([ENDLESS] * 4, max_new_tokens=5, num_beams=2))
    engine.add(request([ENDLESS], max_new_tokens=5))
    engine.step()
    stats = engine.stats()
    assert (stats.num_running, stats.num_used_slots, stats.batch_size) == (3, 4, 4)
    assert (stats.num_prompt_tokens, stats.num_padded_tokens) == (11, 18)
    assert sum(stats.encoder_batches) == 1
    assert stats.padding_ratio == pytest.approx(7 / 18)
    run_to_the_end(engine)
    stats = engine.stats()
    assert (stats.num_running, stats.num_waiting, stats.num_used_slots) == (0, 0, 0)
    assert stats.num_generation_tokens == 13
    assert stats.num_finished[FinishReason.LENGTH] == sum(stats.num_finished.values()) == 3
