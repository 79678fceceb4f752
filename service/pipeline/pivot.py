"""A text that goes through a third language: its second half, and the segments of the whole way."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator, Sequence

from service.pipeline.guard import Judged
from service.pipeline.hop import Hop
from service.pipeline.offsets import OffsetConverter, unit_length
from service.pipeline.origin import DerivedText
from service.pipeline.planning import Piece, TranslationPlan, make_piece, split_piece, unknown_warnings
from service.pipeline.prepare import prepare
from service.pipeline.types import Segment, SegmentEvent, TokenEvent
from service.streams import closing


@dataclasses.dataclass(frozen=True, slots=True)
class OnwardPlan:
    """What is left to do once a text is in the language between."""

    first: Hop
    plan: TranslationPlan
    owners: Sequence[int]
    """For each piece the piece of the first half that it is, or is a part of."""


def plan_onward(first: Hop) -> OnwardPlan:
    """The translations of the first half's pieces are the second half's pieces; what has no words stays."""
    selection = first.plan.onward
    if selection is None:
        raise ValueError("the plan ends with its first model")
    text = first.output.text
    whole = DerivedText.of(text)
    pieces: list[Piece] = []
    owners: list[int] = []
    for owner, (start, end) in enumerate(first.output.spans):
        if any(map(str.isalnum, text[start:end])):
            source = prepare(whole.part(start, end), selection.model.substitutes)
            parts, _ = split_piece(make_piece(source, selection), selection)
            pieces += parts
            owners += [owner] * len(parts)
    plan = TranslationPlan(
        request=dataclasses.replace(first.plan.request, text=text),
        selection=selection,
        source_lang=selection.source_lang,
        detected=None,
        pieces=pieces,
        warnings=unknown_warnings(pieces, selection),
    )
    return OnwardPlan(first, plan, owners)


class SegmentJoiner:
    """Segments from the source to the final text, from those of the second half as they are finished."""

    def __init__(self, onward: OnwardPlan) -> None:
        self._first = first = onward.first
        self._onward = onward
        self._unit = first.plan.request.offset_unit
        self._source_units = OffsetConverter(first.plan.request.text, self._unit)
        self._parts: list[tuple[Segment, int]] = []
        self._num_parts = 0
        self._next_owner = 0
        self._middle_end = 0  # in the text between, in code points
        self._target_end = 0  # in the final text, in the unit

    def feed(self, part: Segment, num_tokens: int) -> tuple[list[Segment], Segment | None]:
        """Take the next part: the untranslated segments before it, and the one that it completes."""
        owners = self._onward.owners
        owner = owners[self._num_parts]
        before = self._untranslated(owner, end=part.target[0])
        self._parts.append((part, num_tokens))
        self._middle_end = self._onward.plan.pieces[self._num_parts].span[1]
        self._target_end = part.target[1]
        self._num_parts += 1
        if self._num_parts < len(owners) and owners[self._num_parts] == owner:
            return before, None
        return before, self._joined(owner)

    def finish(self) -> list[Segment]:
        """The untranslated segments at the end."""
        return self._untranslated(len(self._first.output.spans), end=None)

    def _joined(self, owner: int) -> Segment:
        source = self._first.output.pieces[owner]
        parts = [part for part, _ in self._parts]
        num_tokens = sum(count for _, count in self._parts)
        reasons = {source.finish_reason, *(part.finish_reason for part in parts)}
        segment = Segment(
            source=self._source_units.span(source.piece.span),
            target=(parts[0].target[0], parts[-1].target[1]),
            score=sum(part.score * count for part, count in self._parts) / num_tokens,
            finish_reason="length" if "length" in reasons else "stop",
        )
        self._parts = []
        self._next_owner = owner + 1
        return segment

    def _untranslated(self, next_owner: int, *, end: int | None) -> list[Segment]:
        """Segments before `next_owner` that the second half does not have: their text stayed as it was.

        `end` is where the next part begins in the final text; None after the last one.
        """
        segments = []
        for owner in range(self._next_owner, next_owner):
            source = self._first.output.pieces[owner]
            first, last = self._first.output.spans[owner]
            segments.append(
                Segment(
                    source=self._source_units.span(source.piece.span),
                    target=(self._position(first, end), self._position(last, end)),
                    score=source.hypothesis.score,
                    finish_reason=source.finish_reason,
                )
            )
        self._next_owner = max(self._next_owner, next_owner)
        return segments

    def _position(self, at: int, end: int | None) -> int:
        """Where in the final text a place stands that lies behind the last part.

        Before `end`, if there is one: blanks between the parts may have gone.
        """
        behind = unit_length(self._first.output.text[self._middle_end : at], self._unit)
        position = self._target_end + behind
        return position if end is None else min(position, end)


def joined_segments(onward: OnwardPlan, second: Hop) -> list[Segment]:
    """The segments of the whole way."""
    joiner = SegmentJoiner(onward)
    segments: list[Segment] = []
    for part, translated in zip(second.segments, second.output.pieces, strict=True):
        before, joined = joiner.feed(part, len(translated.hypothesis.token_ids))
        segments += before if joined is None else [*before, joined]
    return [*segments, *joiner.finish()]


async def join_stream(
    events: AsyncGenerator[TokenEvent | SegmentEvent, None], joiner: SegmentJoiner, judged: Sequence[Judged]
) -> AsyncGenerator[TokenEvent | SegmentEvent, None]:
    """The events of the second half, with the segments of the whole way; `judged` grows with them."""
    async with closing(events) as opened:
        async for event in opened:
            if isinstance(event, TokenEvent):
                yield event
                continue
            before, joined = joiner.feed(event.segment, len(judged[-1].output.token_ids))
            for segment in before:
                yield SegmentEvent(segment, "")
            if joined is not None:
                yield SegmentEvent(joined, event.text)
            elif event.text:
                yield TokenEvent(event.text)
        for segment in joiner.finish():
            yield SegmentEvent(segment, "")
