"""Puts into an output the terms that it lacks, in the way that the model finds likeliest.

All ways are read at once, which is much less work than to write them. What the model prefers in the place of
each token shows where words behind a term would have another ending, to agree with it: that is a further way.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from crosslate.models.engine.request import GenerationRequest, Hypothesis
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.engines.engine_calls import EngineCalls
from crosslate.service.pipeline.engines.served_model import EngineClient
from crosslate.service.pipeline.parts.part import PartOutput, Reader
from crosslate.service.pipeline.passes.terminology import (
    Way,
    agreed,
    drafts_of,
    edited,
    in_the_first_way,
    ways,
)

_MAX_OPEN = 3
"""Ways in which words may take other endings."""
_MAX_READINGS = 3
"""An ending may hang on one before it."""


@dataclass(frozen=True, slots=True)
class Enforcement:
    """Puts terms into one model's outputs."""

    reader: Reader
    engine: EngineClient
    calls: EngineCalls

    async def with_terms(self, output: PartOutput) -> PartOutput:
        """An output with its part's terms, and those beside it.

        Where there is no time to ask the model, what rules say.
        """
        made = drafts_of(output)
        others = tuple(in_the_first_way(other, self.reader) for other in output.others)
        output = dataclasses.replace(output, others=others) if others else output
        if not made:
            return output
        if len(made) == 1 and made[0].open_from is None:  # nothing to choose
            return edited(output, made[0].edits, self.reader)
        found = ways(output, made, self.reader)
        if len(found) > 1 or found[0].draft.open_from is not None:
            found = [await self._likeliest(output, found)]
        return edited(output, found[0].draft.edits, self.reader)

    async def _likeliest(self, output: PartOutput, found: list[Way]) -> Way:
        read: dict[tuple[int, ...], Hypothesis] = {}
        try:
            last = found
            for _ in range(_MAX_READINGS):
                read |= await self._read(output, last)
                preferred = [(way, read[way.key].preferred or ()) for way in last[:_MAX_OPEN]]
                others = [agreed(output, way, ids, self.reader) for way, ids in preferred]
                last = [way for way in others if way is not None and way.key not in read]
                if not last:
                    break
                found = found + last
        except ServiceError:  # a translation is there
            pass
        scores = {key: one.score for key, one in read.items()}
        return max(found, key=lambda way: scores.get(way.key, -math.inf))

    async def _read(self, output: PartOutput, found: Iterable[Way]) -> dict[tuple[int, ...], Hypothesis]:
        """What the model makes of ways, by their tokens."""
        drafts = tuple(dict.fromkeys(way.key for way in found))
        request = partial(GenerationRequest, source_ids=output.part.ids, drafts=drafts)
        answer = await self.calls.generate(self.engine, request)
        return {tuple(one.token_ids): one for one in answer.hypotheses}
