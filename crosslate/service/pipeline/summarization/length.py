"""How long a summary is to be.

`auto` is what the checkpoint's generation config says. The others scale it and, since a model ends where it
likes, also ask for a minimum. However long the checkpoint's summaries are, one is never asked to be longer
than its source, nor a minimum to be more than a part of it.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.summarization.types import SummaryLength

USUAL_MAX_TOKENS = 128
"""For checkpoints that do not say how long their summaries are."""

_MIN_ROOM = 24
"""The shortest maximum: a sentence has to fit."""

_SPARE = 1.5
"""Room that a part's summary has in a long text's, in lengths of the model's usual ones: few are cut then."""


_RESERVE_SHARE, _MAX_RESERVE = 0.5, 64
"""Of the maximum, and in tokens: so far beyond it a sentence that is open there may go on to its end."""


@dataclass(frozen=True, slots=True)
class _Rule:
    scale: float
    """Factor on the checkpoint's own lengths."""
    least: float
    """The minimum is at least this share of the checkpoint's maximum."""
    share: float
    """The maximum is at most this share of the source."""
    grows: bool
    """With the text, where that is longer than a window."""


_RULES: dict[SummaryLength, _Rule] = {
    "auto": _Rule(scale=1.0, least=0.0, share=1.0, grows=True),
    "headline": _Rule(scale=0.25, least=0.0, share=0.15, grows=False),
    "short": _Rule(scale=0.5, least=0.0, share=0.25, grows=False),
    "medium": _Rule(scale=1.0, least=0.25, share=0.5, grows=False),
    "long": _Rule(scale=2.0, least=0.5, share=0.75, grows=True),
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
    num_windows: float = 1.0
    """How many times the text fills what the model reads at once."""

    @property
    def usual(self) -> LengthBounds:
        """As `length` has it, whatever the caller."""
        rule = _RULES[self.length]
        growth = math.sqrt(max(self.num_windows, 1.0)) if rule.grows else 1.0
        own_max = (self.defaults.max_new_tokens or USUAL_MAX_TOKENS) * growth
        own_min = (self.defaults.min_new_tokens or 0) * growth
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

    def part_bounds(self, num_tokens: int, num_all: int) -> LengthBounds:
        """Of the summary of a part of `num_tokens`: its part of the room for all that is left, `num_all`."""
        share = num_tokens / num_all
        most = max(int((self.given.max_new_tokens or self.usual.max_tokens) * share), 1)
        if self.given.min_new_tokens is None:
            least = min(int(self.usual.min_tokens * share), int(num_tokens * _RULES[self.length].share / 2))
        else:
            least = math.ceil(self.given.min_new_tokens * share)
        return LengthBounds(min(least, most), most)

    def num_parts(self, num_tokens: int, num_summaries: int) -> int:
        """How many summaries side by side can take the place of `num_summaries`, which have `num_tokens`.

        As many as have room, but no more than half: one that is made of a single other says nothing new.
        """
        usual = num_tokens / num_summaries
        return min(math.ceil(self.enough / (_SPARE * usual)), math.ceil(num_summaries / 2))

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


def reserve_of(max_tokens: int) -> int:
    """Tokens beyond a maximum that `length` has set, for the end of a sentence that is open there."""
    return min(int(max_tokens * _RESERVE_SHARE), _MAX_RESERVE)


def with_bounds(params: GenerationParams, bounds: LengthBounds) -> GenerationParams:
    """The parameters with these lengths."""
    return dataclasses.replace(params, max_new_tokens=bounds.max_tokens, min_new_tokens=bounds.min_tokens)
