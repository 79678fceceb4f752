"""Which requests the device follows by itself, and that it chooses as the host's rules do."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.engine.intake import Intake
from crosslate.models.engine.request import FinishReason, GenerationParams, GenerationRequest
from crosslate.models.engine.rows.row_state import IS_OVER, POSITION, TOKEN, RowState
from crosslate.models.engine.scores.logits import LaneScores, Logits
from crosslate.models.engine.search.greedy_rules import MAX_BANNED, GreedyRules, greedy_rules
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.engine.search.next_tokens import choose_tokens
from crosslate.models.engine.sequence import Sequence
from tests.models.engine.fakes import EOS, LIMITS, VOCAB_SIZE

CPU = torch.device("cpu")


def rules_of(params: GenerationParams, max_new_tokens: int = 9) -> GreedyRules | None:
    return greedy_rules(params, max_new_tokens, LIMITS)


def test_what_published_checkpoints_ask_for_is_there() -> None:
    params = GenerationParams(
        bad_words_ids=((5,), (EOS,)),
        suppress_tokens=(7, 5),
        forced_bos_token_id=4,
        forced_eos_token_id=EOS,
        min_new_tokens=2,
        num_beams=1,
        do_sample=False,
        repetition_penalty=1.0,
        no_repeat_ngram_size=0,
    )
    assert rules_of(params) == GreedyRules(
        max_new_tokens=9, min_new_tokens=2, first_token=4, last_token=EOS, banned=(5, 7)
    )
    assert rules_of(GenerationParams()) == GreedyRules(max_new_tokens=9)


@pytest.mark.parametrize(
    "params",
    [
        GenerationParams(num_beams=2),
        GenerationParams(do_sample=True),
        GenerationParams(repetition_penalty=1.2),
        GenerationParams(no_repeat_ngram_size=3),
        GenerationParams(encoder_no_repeat_ngram_size=3),
        GenerationParams(begin_suppress_tokens=(5,)),
        GenerationParams(bad_words_ids=((5, 6),)),
        GenerationParams(suppress_tokens=tuple(range(3, 4 + MAX_BANNED))),
    ],
    ids=str,
)
def test_what_needs_the_host(params: GenerationParams) -> None:
    assert rules_of(params) is None


tokens = st.integers(3, VOCAB_SIZE - 1)
drawn_params = st.builds(
    GenerationParams,
    max_new_tokens=st.integers(1, 6),
    min_new_tokens=st.integers(0, 6),
    forced_bos_token_id=st.none() | tokens,
    forced_eos_token_id=st.none() | st.just(EOS),
    bad_words_ids=st.lists(st.tuples(tokens), max_size=4).map(tuple),
)


@given(params=st.lists(drawn_params, min_size=1, max_size=4), seed=st.integers(0, 2**32))
def test_rows_are_chosen_as_each_requests_own_chooser_does(params: list[GenerationParams], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    state = RowState(len(params) + 1, LIMITS.eos_token_ids, CPU)  # and one vacant row
    rules = [rules_of(p, p.max_new_tokens or 0) for p in params]
    state.begin(0, 1, [2] * len(params), [rule for rule in rules if rule is not None])
    choosers = [make_chooser(p, [3, EOS], LIMITS) for p in params]
    written: list[list[int]] = [[] for _ in params]
    sums = [0.0] * len(params)
    over: set[int] = set()
    for _ in range(7):
        scores = torch.randn(len(params) + 1, VOCAB_SIZE, generator=generator)
        scores[:, EOS] += 2.0
        chosen, log_probs = state.choose(scores.clone())
        state.advance(chosen)
        for row, chooser in enumerate(choosers):
            if row in over:
                continue
            written[row].append(int(chosen[row]))
            sums[row] += float(log_probs[row])
            if chooser is None:
                assert int(chosen[row]) == int(scores[row].argmax())
                finished = None
                is_over = chosen[row] == EOS or len(written[row]) == params[row].max_new_tokens
            else:
                finished = chooser.choose(LaneScores.of(scores[row : row + 1])).finished
                is_over = finished is not None
            if finished is not None:
                assert written[row] == finished[0].token_ids
                assert sums[row] / len(written[row]) == pytest.approx(finished[0].score, abs=1e-5)
                assert finished[0].finish_reason in (FinishReason.STOP, FinishReason.LENGTH)
            if is_over:
                over.add(row)
            assert bool(state.values[row, IS_OVER]) == is_over
        assert state.values[-1, POSITION] == 0, "the vacant row stays where it is"
    assert over == set(range(len(params)))


@given(params=st.lists(drawn_params, min_size=1, max_size=4), seed=st.integers(0, 2**32))
def test_the_hosts_rows_are_chosen_so_too(params: list[GenerationParams], seed: int) -> None:
    """All rows at once, by the rules, against each request's own chooser."""
    generator = torch.Generator().manual_seed(seed)
    intake = Intake(
        limits=LIMITS, default_params=GenerationParams(), make_chooser=make_chooser, clock=lambda: 0.0
    )
    sequences = [intake.prepare(GenerationRequest(source_ids=[3, EOS], params=p)) for p in params]
    assert all(s.chooser is None and s.rules is not None for s in sequences)
    references = [make_chooser(p, [3, EOS], LIMITS) for p in params]
    running = list(zip(sequences, references, strict=True))
    while running:
        scores = torch.randn(len(running), VOCAB_SIZE, generator=generator)
        scores[:, EOS] += 2.0
        choose_tokens([sequence for sequence, _ in running], Logits(scores.clone(), None), LIMITS)
        for row, (sequence, chooser) in enumerate(running):
            if chooser is None:
                assert sequence.token_ids[-1] == int(scores[row].argmax())
                continue
            finished = chooser.choose(LaneScores.of(scores[row : row + 1])).finished
            assert (finished is not None) == (sequence.finish_reason is not None)
            if finished is not None:
                assert sequence.hypotheses[0].token_ids == finished[0].token_ids
                assert sequence.hypotheses[0].score == pytest.approx(finished[0].score, abs=1e-5)
                assert sequence.finish_reason == finished[0].finish_reason
        running = [pair for pair in running if pair[0].finish_reason is None]


def test_no_token_left_is_an_error_of_that_sequence() -> None:
    rules = GreedyRules(max_new_tokens=3, banned=(4,))
    request = GenerationRequest(source_ids=[EOS])
    dead, alive = (Sequence(request=request, arrival_s=0, max_new_tokens=3, rules=rules) for _ in range(2))
    scores = torch.full((2, VOCAB_SIZE), -torch.inf)
    scores[:, 4], scores[1, 5] = 1.0, 0.0
    choose_tokens([dead, alive], Logits(scores, None), LIMITS)
    assert dead.finish_reason == FinishReason.ERROR
    assert "no token is possible" in str(dead.error)
    assert alive.token_ids == [5]


def test_rows_that_are_over_stay_within_their_length() -> None:
    state = RowState(2, (EOS,), CPU)
    state.begin(0, 1, [4, 5], [GreedyRules(max_new_tokens=3), GreedyRules(max_new_tokens=9)])
    for token in (7, EOS, 8, 9):
        state.advance(torch.tensor([token, token]))
    assert state.values[:, POSITION].tolist() == [1, 1]
    assert state.values[:, TOKEN].tolist() == [9, 9]
    state.begin(0, 1, [4], [GreedyRules(max_new_tokens=2)])
    for token in (7, 8, 9):
        state.advance(torch.tensor([token, EOS]))
    assert state.positions(1).tolist() == [1]
    state.move_row(0, 1)
    state.vacate(0)
    assert (state.positions(2).tolist(), state.source_lengths(2).tolist()) == ([0, 1], [1, 4])
