"""Segments of a translation as they are finished: from the text that was sent to the final one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.passes.joined import FinishedPart, mean_score
from crosslate.service.pipeline.text.offsets import OffsetConverter, OffsetUnit, unit_length
from crosslate.service.pipeline.translation.pivot import OnwardPlan
from crosslate.service.pipeline.types import Segment, SegmentEvent, TokenEvent


class DirectSegments:
    """One segment for each part."""

    def __init__(self, source_units: OffsetConverter) -> None:
        self._source_units = source_units

    def feed(self, output: PartOutput, target: Span) -> tuple[list[Segment], Segment | None]:
        """Take the next part, which stands at `target`: the segments before it, and the one that it ends."""
        source = self._source_units.span(output.part.span)
        return [], Segment(source, target, output.hypothesis.score, output.finish_reason)

    def finish(self) -> list[Segment]:
        """The segments after the last part."""
        return []


class PivotSegments:
    """One segment for each part of the first half, from those of the second half."""

    def __init__(self, onward: OnwardPlan, source_units: OffsetConverter) -> None:
        self._first = onward.first.output
        self._onward = onward
        self._unit = onward.first.plan.request.offset_unit
        self._source_units = source_units
        self._parts: list[tuple[PartOutput, Span]] = []
        self._num_parts = 0
        self._next_owner = 0
        self._middle_end = 0  # in the text between, in code points
        self._target_end = 0  # in the final text, in the unit

    def feed(self, output: PartOutput, target: Span) -> tuple[list[Segment], Segment | None]:
        """Take the next part: the untranslated segments before it, and the one that it completes."""
        owners = self._onward.owners
        owner = owners[self._num_parts]
        before = self._untranslated(owner, end=target[0])
        self._parts.append((output, target))
        self._middle_end = output.part.span[1]
        self._target_end = target[1]
        self._num_parts += 1
        if self._num_parts < len(owners) and owners[self._num_parts] == owner:
            return before, None
        return before, self._joined(owner)

    def finish(self) -> list[Segment]:
        """The untranslated segments at the end."""
        return self._untranslated(len(self._first.spans), end=None)

    def _joined(self, owner: int) -> Segment:
        source = self._first.outputs[owner]
        outputs, targets = zip(*self._parts, strict=True)
        reasons = {source.finish_reason, *(output.finish_reason for output in outputs)}
        self._parts = []
        self._next_owner = owner + 1
        return Segment(
            source=self._source_units.span(source.part.span),
            target=(targets[0][0], targets[-1][1]),
            score=mean_score([(output.hypothesis.score, output.num_tokens) for output in outputs]),
            finish_reason="length" if "length" in reasons else "stop",
        )

    def _untranslated(self, next_owner: int, *, end: int | None) -> list[Segment]:
        """Segments before `next_owner` that the second half does not have: their text stayed as it was.

        `end` is where the next part begins in the final text; None after the last one.
        """
        owners = range(self._next_owner, next_owner)
        self._next_owner = max(self._next_owner, next_owner)
        segments = []
        for owner in owners:
            source = self._first.outputs[owner]
            first, last = (self._position(at, end) for at in self._first.spans[owner])
            span = self._source_units.span(source.part.span)
            segments.append(Segment(span, (first, last), source.hypothesis.score, source.finish_reason))
        return segments

    def _position(self, at: int, end: int | None) -> int:
        """Where in the final text a place stands that lies behind the last part.

        Before `end`, if there is one: blanks between the parts may have gone.
        """
        behind = unit_length(self._first.text[self._middle_end : at], self._unit)
        position = self._target_end + behind
        return position if end is None else min(position, end)


class SegmentTeller:
    """Tells what comes of the last pass, its parts as segments."""

    def __init__(self, segments: DirectSegments | PivotSegments, unit: OffsetUnit) -> None:
        self._segments = segments
        self._unit = unit
        self._position = 0
        self.told: list[Segment] = []

    def tell(self, events: Iterable[TokenEvent | FinishedPart]) -> Iterator[TokenEvent | SegmentEvent]:
        """What these events say."""
        for event in events:
            self._position += unit_length(event.text, self._unit)
            if isinstance(event, TokenEvent):
                yield event
                continue
            start = self._position - unit_length(event.output.text, self._unit)
            before, ended = self._segments.feed(event.output, (start, self._position))
            yield from (self._told(segment, "") for segment in before)
            if ended is not None:
                yield self._told(ended, event.text)
            elif event.text:
                yield TokenEvent(event.text)

    def finish(self) -> Iterator[SegmentEvent]:
        """The segments after the last part."""
        return (self._told(segment, "") for segment in self._segments.finish())

    def _told(self, segment: Segment, text: str) -> SegmentEvent:
        self.told.append(segment)
        return SegmentEvent(segment, text)
