"""The pieces of a text as a stream: decoded side by side, given out in order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator

from models.engine.request import GenerationOutput
from models.tokenizer import IncrementalDetokenizer
from service.pipeline.assembly import TranslatedPiece, gap_before, piece_text
from service.pipeline.engine_calls import EngineCalls
from service.pipeline.guard import Judged
from service.pipeline.offsets import OffsetConverter, unit_length
from service.pipeline.piece_generation import PieceGenerator
from service.pipeline.planning import TranslationPlan
from service.pipeline.types import Segment, SegmentEvent, TokenEvent
from service.streams import closing

_Item = list[int] | Judged | Exception
_Inboxes = defaultdict[int, asyncio.Queue[_Item]]
"""By piece: of those that have begun, or are waited for."""


async def stream_pieces(
    plan: TranslationPlan, generator: PieceGenerator, calls: EngineCalls, judged: list[Judged]
) -> AsyncGenerator[TokenEvent | SegmentEvent, None]:
    """Events of all pieces and of what stands between them; the finished outputs are put into `judged`."""
    inboxes: _Inboxes = defaultdict(asyncio.Queue)
    feeding = asyncio.create_task(
        calls.run_parts(_feed(generator, i, inboxes[i]) for i in range(len(plan.pieces)))
    )
    source_units = OffsetConverter(plan.request.text, plan.request.offset_unit)
    position = 0
    written = ""
    try:
        for i in range(len(plan.pieces)):
            gap = gap_before(plan, i, written)
            if gap:
                yield TokenEvent(gap)
            position += unit_length(gap, plan.request.offset_unit)
            streamed = ""
            detokenizer = IncrementalDetokenizer(plan.selection.model.tokenizer)
            while not isinstance(item := await inboxes[i].get(), Judged):
                if isinstance(item, Exception):
                    raise item
                if plan.pieces[i].is_in_capitals:
                    continue  # what of it is to be in capitals is known at its end
                new = detokenizer.feed(item)
                new = new if streamed else new.lstrip()
                if new:
                    streamed += new
                    yield TokenEvent(new)
            del inboxes[i]
            judged.append(item)
            translated = _translated(plan, i, item.output)
            rest = translated.text.removeprefix(streamed)
            if streamed and rest:
                yield TokenEvent(rest)
            end = position + unit_length(translated.text, plan.request.offset_unit)
            segment = Segment(
                source=source_units.span(translated.piece.span),
                target=(position, end),
                score=translated.hypothesis.score,
                finish_reason=translated.finish_reason,
            )
            position = end
            written = translated.text or gap or written
            yield SegmentEvent(segment, "" if streamed else translated.text)
        rest = gap_before(plan, len(plan.pieces), written)
        if rest:
            yield TokenEvent(rest)
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def _feed(generator: PieceGenerator, index: int, inbox: asyncio.Queue[_Item]) -> None:
    """One piece's items into its inbox; a failure is the last of them."""
    try:
        async with closing(generator.stream(index)) as items:
            async for item in items:
                inbox.put_nowait(item)
    except Exception as error:  # the reader raises it, in its turn
        inbox.put_nowait(error)


def _translated(plan: TranslationPlan, index: int, output: GenerationOutput) -> TranslatedPiece:
    hypothesis = output.hypotheses[0]
    text = piece_text(plan.selection.model.tokenizer, hypothesis.token_ids)
    return TranslatedPiece(plan.pieces[index], hypothesis, text)
