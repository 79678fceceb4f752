"""Which decoding method the parameters select, and which parameters are refused."""

from __future__ import annotations

import math

import pytest

from crosslate.models.engine.request import GenerationParams
from crosslate.models.engine.scores.logits import LaneScores
from crosslate.models.engine.search.beam import BeamSearch
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.engine.search.sampling import IndependentLanes
from crosslate.models.errors import InvalidParamsError
from tests.models.engine.search.decoding_reference import EOS, LIMITS, VOCAB_SIZE


@pytest.mark.parametrize(
    "params",
    [
        GenerationParams(),
        GenerationParams(num_beams=1, num_return_sequences=1, do_sample=False, max_new_tokens=4),
        # What only beam search or sampling reads changes nothing here
        GenerationParams(length_penalty=2.0, early_stopping=True, temperature=0.5, top_k=3, seed=1),
        GenerationParams(bad_words_ids=((EOS,),), repetition_penalty=1.0, no_repeat_ngram_size=0),
    ],
)
def test_plain_greedy_needs_no_chooser(params: GenerationParams) -> None:
    assert make_chooser(params, [4, EOS], LIMITS) is None


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (GenerationParams(no_repeat_ngram_size=2), IndependentLanes),
        (GenerationParams(forced_eos_token_id=EOS), IndependentLanes),
        (GenerationParams(do_sample=True), IndependentLanes),
        (GenerationParams(do_sample=True, num_return_sequences=3), IndependentLanes),
        (GenerationParams(num_beams=2), BeamSearch),
        (GenerationParams(num_beams=2, do_sample=True), BeamSearch),
    ],
)
def test_selects_the_method(params: GenerationParams, expected: type) -> None:
    assert isinstance(make_chooser(params, [4, EOS], LIMITS), expected)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (GenerationParams(num_beams=0), "num_beams must be at least 1"),
        (GenerationParams(max_new_tokens=0), "max_new_tokens must be at least 1"),
        (GenerationParams(min_new_tokens=-1), "min_new_tokens must be at least 0"),
        (GenerationParams(no_repeat_ngram_size=-1), "no_repeat_ngram_size must be at least 0"),
        (GenerationParams(top_k=-1), "top_k must be at least 0"),
        (GenerationParams(seed=-1), "seed must be at least 0"),
        (GenerationParams(seed=2**64), "seed must be below"),
        (GenerationParams(temperature=0.0), "temperature must be from"),
        (GenerationParams(temperature=math.nan), "temperature must be from"),
        (GenerationParams(repetition_penalty=-1.0), "repetition_penalty must be from"),
        (GenerationParams(repetition_penalty=math.inf), "repetition_penalty must be from"),
        (GenerationParams(top_p=0.0), "top_p must be above 0 and at most 1"),
        (GenerationParams(top_p=1.1), "top_p must be above 0 and at most 1"),
        (GenerationParams(length_penalty=math.nan), "length_penalty must be from"),
        (GenerationParams(length_penalty=1e9), "length_penalty must be from"),
        (GenerationParams(num_return_sequences=2), "raise num_beams, or set do_sample"),
        (GenerationParams(num_return_sequences=5, num_beams=4), "num_return_sequences is 5 with num_beams 4"),
        (GenerationParams(num_return_sequences=5, num_beams=4, do_sample=True), "num_return_sequences is 5"),
        (GenerationParams(forced_bos_token_id=3, suppress_tokens=(3,)), "forced_bos_token_id 3 is also in"),
        (
            GenerationParams(forced_eos_token_id=EOS, suppress_tokens=(EOS,)),
            "forced_eos_token_id 0 is also in",
        ),
        (GenerationParams(bad_words_ids=((),)), "empty word"),
        (GenerationParams(bad_words_ids=((1, VOCAB_SIZE),)), f"bad_words_ids holds {VOCAB_SIZE}"),
        (GenerationParams(suppress_tokens=(-1,)), "suppress_tokens holds -1"),
        (GenerationParams(forced_bos_token_id=VOCAB_SIZE), f"forced_bos_token_id holds {VOCAB_SIZE}"),
    ],
)
def test_refuses_what_it_cannot_follow(params: GenerationParams, message: str) -> None:
    with pytest.raises(InvalidParamsError, match=message):
        make_chooser(params, [4, EOS], LIMITS)


def test_names_every_fault_at_once() -> None:
    with pytest.raises(InvalidParamsError) as caught:
        make_chooser(GenerationParams(num_beams=0, top_p=2.0, temperature=-1.0), [4, EOS], LIMITS)
    for name in ("num_beams", "top_p", "temperature"):
        assert name in str(caught.value)


@pytest.mark.parametrize("max_new_tokens", [None, 1000])
def test_never_exceeds_what_the_model_takes(max_new_tokens: int | None) -> None:
    torch = pytest.importorskip("torch")
    chooser = make_chooser(
        GenerationParams(max_new_tokens=max_new_tokens, suppress_tokens=(EOS,)), [4, EOS], LIMITS
    )
    assert chooser is not None
    for step in range(LIMITS.max_target_tokens):
        choice = chooser.choose(LaneScores.of(torch.zeros(1, VOCAB_SIZE)))
        assert (choice.finished is not None) == (step == LIMITS.max_target_tokens - 1)
