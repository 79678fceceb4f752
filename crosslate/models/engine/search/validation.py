"""Checks of generation parameters before anything is decoded."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import GenerationParams
from crosslate.models.errors import InvalidParamsError

# Beyond these float32 scores overflow, or come near to what marks a token as banned.
MIN_FACTOR, MAX_FACTOR = 1e-4, 1e4
# A length of a million, to this power, is still a finite number.
MAX_LENGTH_PENALTY = 50.0


def validate_params(params: GenerationParams, limits: RunnerLimits) -> None:
    """Check `params`, defaults applied, as far as they can be checked before decoding.

    Raises:
        InvalidParamsError: names every fault and what is allowed instead.
    """
    faults = [*_range_faults(params), *_contradictions(params), *_token_id_faults(params, limits.vocab_size)]
    if faults:
        raise InvalidParamsError("; ".join(faults))


def _range_faults(params: GenerationParams) -> Iterator[str]:
    at_least: tuple[tuple[str, int | None, int], ...] = (
        ("num_beams", params.num_beams, 1),
        ("num_return_sequences", params.num_return_sequences, 1),
        ("max_new_tokens", params.max_new_tokens, 1),
        ("min_new_tokens", params.min_new_tokens, 0),
        ("no_repeat_ngram_size", params.no_repeat_ngram_size, 0),
        ("encoder_no_repeat_ngram_size", params.encoder_no_repeat_ngram_size, 0),
        ("top_k", params.top_k, 0),
        ("seed", params.seed, 0),
    )
    for name, count, least in at_least:
        if count is not None and count < least:
            yield f"{name} must be at least {least}, not {count}"
    # Every comparison is false for NaN, so the allowed range is what is asked for.
    for name, factor in (
        ("temperature", params.temperature),
        ("repetition_penalty", params.repetition_penalty),
    ):
        if factor is not None and not MIN_FACTOR <= factor <= MAX_FACTOR:
            yield f"{name} must be from {MIN_FACTOR:g} to {MAX_FACTOR:g}, not {factor} (1 changes nothing)"
    if params.top_p is not None and not 0 < params.top_p <= 1:
        yield f"top_p must be above 0 and at most 1, not {params.top_p}"
    if params.length_penalty is not None and not abs(params.length_penalty) <= MAX_LENGTH_PENALTY:
        yield (
            f"length_penalty must be from {-MAX_LENGTH_PENALTY:g} to {MAX_LENGTH_PENALTY:g}, "
            f"not {params.length_penalty}"
        )
    if params.seed is not None and params.seed >= 2**64:
        yield "seed must be below 2**64"


def _contradictions(params: GenerationParams) -> Iterator[str]:
    num_beams = params.num_beams or 1
    num_returned = params.num_return_sequences or 1
    if num_returned > num_beams and (num_beams > 1 or not params.do_sample):
        yield (
            f"num_return_sequences is {num_returned} with num_beams {num_beams}: greedy and beam search "
            "find at most num_beams outputs; raise num_beams, or set do_sample to true with num_beams 1"
        )
    suppressed = params.suppress_tokens or ()
    for name, forced in (
        ("forced_bos_token_id", params.forced_bos_token_id),
        ("forced_eos_token_id", params.forced_eos_token_id),
    ):
        if forced is not None and forced in suppressed:
            yield f"{name} {forced} is also in suppress_tokens: remove it from one of them"


def _token_id_faults(params: GenerationParams, vocab_size: int) -> Iterator[str]:
    if any(not word for word in params.bad_words_ids or ()):
        yield "bad_words_ids holds an empty word: every word needs at least one token id"
    named_ids: tuple[tuple[str, Iterable[int | None]], ...] = (
        ("bad_words_ids", itertools.chain.from_iterable(params.bad_words_ids or ())),
        ("suppress_tokens", params.suppress_tokens or ()),
        ("begin_suppress_tokens", params.begin_suppress_tokens or ()),
        ("forced_bos_token_id", (params.forced_bos_token_id,)),
        ("forced_eos_token_id", (params.forced_eos_token_id,)),
    )
    for name, token_ids in named_ids:
        for token_id in token_ids:
            if token_id is not None and not 0 <= token_id < vocab_size:
                yield f"{name} holds {token_id}, which is no token id of this model (0 to {vocab_size - 1})"
