"""How long a summary is to be.

`auto` is what the checkpoint's generation config says. The others scale it and, since a model ends where it
likes, also ask for a minimum. However long the checkpoint's summaries are, one is never asked to be longer
than its source, nor a minimum to be more than a part of it.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from models.engine.request import GenerationParams
from service.pipeline.summarization.types import SummaryLength

USUAL_MAX_TOKENS = 128
"""For checkpoints that do not say how long their summaries are."""

_MIN_ROOM = 24
"""The shortest maximum: a sentence has to fit."""


@dataclass(frozen=True, slots=True)
class _Rule:
    scale: float
    """Factor on the checkpoint's own lengths."""
    least: float
    """The minimum is at least this share of the checkpoint's maximum."""
    share: float
    """The maximum is at most this share of the source."""


_RULES: dict[SummaryLength, _Rule] = {
    "auto": _Rule(scale=1.0, least=0.0, share=1.0),
    "short": _Rule(scale=0.5, least=0.0, share=0.25),
    "medium": _Rule(scale=1.0, least=0.25, share=0.5),
    "long": _Rule(scale=2.0, least=0.5, share=0.75),
}


@dataclass(frozen=True, slots=True)
class LengthBounds:
    """Tokens of a summary."""

    min_tokens: int
    max_tokens: int


def wanted_bounds(length: SummaryLength, defaults: GenerationParams, given: GenerationParams) -> LengthBounds:
    """What is wanted whatever the source: `given` by the caller, else `length` of the checkpoint's."""
    rule = _RULES[length]
    usual_max = defaults.max_new_tokens or USUAL_MAX_TOKENS
    usual_min = defaults.min_new_tokens or 0
    most = given.max_new_tokens or round(usual_max * rule.scale)
    scaled = max(usual_min * rule.scale, usual_max * rule.least)
    least = min(round(scaled), most) if given.min_new_tokens is None else given.min_new_tokens
    return LengthBounds(least, max(most, least) if given.max_new_tokens is None else most)


def bounds_for_source(
    length: SummaryLength, wanted: LengthBounds, given: GenerationParams, num_tokens: int
) -> LengthBounds:
    """`wanted`, as far as a source of `num_tokens` has it; what the caller gave stays as it is."""
    share = _RULES[length].share
    most = wanted.max_tokens
    if given.max_new_tokens is None:
        most = min(most, max(math.ceil(num_tokens * share), _MIN_ROOM, given.min_new_tokens or 0))
    least = wanted.min_tokens
    if given.min_new_tokens is None:
        least = min(least, int(num_tokens * share / 2), most)
    return LengthBounds(least, most)


def intermediate_bounds(defaults: GenerationParams, num_tokens: int) -> LengthBounds:
    """For a part whose summary is read again: the checkpoint's, but at most half of its `num_tokens`."""
    most = min(defaults.max_new_tokens or USUAL_MAX_TOKENS, max(num_tokens // 2, 1))
    return LengthBounds(min(defaults.min_new_tokens or 0, most // 2), most)


def longest_returned_as_it_is(wanted: LengthBounds) -> int:
    """A text of up to so many tokens is shorter than its summary would be."""
    return max(wanted.min_tokens, wanted.max_tokens // 4)


def with_bounds(params: GenerationParams, bounds: LengthBounds) -> GenerationParams:
    """The parameters with these lengths."""
    return dataclasses.replace(params, max_new_tokens=bounds.max_tokens, min_new_tokens=bounds.min_tokens)
