"""Puts into an output the terms that it lacks, in the way that the model finds likeliest.

All ways are read at once. The model writes itself only where it would go on otherwise behind a term, and what
it begins there may be what agrees with the term.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

from crosslate.models.engine.request import GenerationParams, GenerationRequest, Hypothesis
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.engine_calls import EngineCalls
from crosslate.service.pipeline.glossary.terminology import (
    Way,
    chosen,
    drafts_of,
    edited,
    in_the_first_way,
    turn,
    ways,
)
from crosslate.service.pipeline.part import PartOutput, Reader
from crosslate.service.pipeline.types import EngineClient

_MAX_OPEN = 3
"""Ways that the model may go on with by itself."""
_SPARE_TOKENS = 8
"""That it may need for it."""


async def with_terms(
    output: PartOutput, reader: Reader, engine: EngineClient, calls: EngineCalls
) -> PartOutput:
    """An output with its part's terms, and those beside it; where there is no time to ask, what rules say."""
    made = drafts_of(output)
    others = tuple(in_the_first_way(other, reader) for other in output.others)
    output = dataclasses.replace(output, others=others) if others else output
    if not made:
        return output
    if len(made) == 1 and not made[0].is_open:  # nothing to choose
        return edited(output, made[0].edits, reader)
    found = ways(output, made, reader)
    if len(found) == 1 and not found[0].is_open:
        return edited(output, found[0].edits, reader)
    written = await _written(output, found, reader, engine, calls)
    return edited(output, chosen(output, found, written, reader).edits, reader)


async def _written(
    output: PartOutput, found: Sequence[Way], reader: Reader, engine: EngineClient, calls: EngineCalls
) -> list[list[int]]:
    """The tokens of all ways, and of what the model made of some, the likeliest first."""
    ask = partial(GenerationRequest, source_ids=output.part.ids)
    drafts = tuple(dict.fromkeys(tuple(way.ids) for way in found))
    written: list[Hypothesis] = []
    try:
        written += (await calls.generate(engine, partial(ask, drafts=drafts))).hypotheses
        preferred = {tuple(one.token_ids): one.preferred or () for one in written}
        turns = [turn(output, way, preferred[tuple(way.ids)], reader) for way in found[:_MAX_OPEN]]
        beginnings = tuple(dict.fromkeys(tuple(ids) for ids in turns if ids))
        if beginnings:
            params = GenerationParams(max_new_tokens=_SPARE_TOKENS + max(len(way.ids) for way in found))
            going_on = partial(ask, params=params, beginnings=beginnings)
            written += (await calls.generate(engine, going_on)).hypotheses
    except ServiceError:
        pass  # a translation is there
    return [one.token_ids for one in sorted(written, key=lambda one: one.score, reverse=True)]
