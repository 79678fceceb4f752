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


@dataclass(frozen=True, slots=True)
class LengthControl:
    """The lengths of one request's summaries."""

    length: SummaryLength
    defaults: GenerationParams
    """The checkpoint's."""
    given: GenerationParams
    """What the caller gave wins, for the summary itself."""

    @property
    def usual(self) -> LengthBounds:
        """As `length` has it, whatever the source and the caller."""
        rule = _RULES[self.length]
        own_max = self.defaults.max_new_tokens or USUAL_MAX_TOKENS
        own_min = self.defaults.min_new_tokens or 0
        most = round(own_max * rule.scale)
        return LengthBounds(min(round(max(own_min * rule.scale, own_max * rule.least)), most), most)

    def bounds(self, num_tokens: int) -> LengthBounds:
        """Of the summary of a source of `num_tokens`."""
        share = _RULES[self.length].share
        least, most = self.given.min_new_tokens, self.given.max_new_tokens
        if most is None:
            most = max(min(self.usual.max_tokens, max(math.ceil(num_tokens * share), _MIN_ROOM)), least or 0)
        if least is None:
            least = min(self.usual.min_tokens, int(num_tokens * share / 2), most)
        return LengthBounds(least, most)

    def intermediate_bounds(self, num_tokens: int) -> LengthBounds:
        """Of a part's summary that is read again: the checkpoint's, but at most half of its `num_tokens`."""
        most = min(self.defaults.max_new_tokens or USUAL_MAX_TOKENS, max(num_tokens // 2, 1))
        return LengthBounds(min(self.defaults.min_new_tokens or 0, most // 2), most)

    @property
    def enough(self) -> int:
        """Summaries of parts that have no more tokens than this together are the summary."""
        return min(self.usual.max_tokens, self.given.max_new_tokens or self.usual.max_tokens)

    @property
    def longest_kept(self) -> int:
        """A text of up to so many tokens is shorter than its summary would be."""
        least = self.usual.min_tokens if self.given.min_new_tokens is None else self.given.min_new_tokens
        return max(least, self.enough // 4)


def with_bounds(params: GenerationParams, bounds: LengthBounds) -> GenerationParams:
    """The parameters with these lengths."""
    return dataclasses.replace(params, max_new_tokens=bounds.max_tokens, min_new_tokens=bounds.min_tokens)
