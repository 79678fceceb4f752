"""A translation as it comes: the last model's answers, told in order, and kept for the result."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from crosslate.service.pipeline.engines.engine_calls import EngineCalls
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.passes.joined import Joiner
from crosslate.service.pipeline.text.offsets import OffsetConverter
from crosslate.service.pipeline.translation.hop import Hop
from crosslate.service.pipeline.translation.pivot import OnwardPlan
from crosslate.service.pipeline.translation.planning import TranslationPlan
from crosslate.service.pipeline.translation.segments import DirectSegments, PivotSegments, SegmentTeller
from crosslate.service.pipeline.translation.translation_pass import gap_of, translation_pass
from crosslate.service.pipeline.types import Segment, SegmentEvent, TokenEvent


class Telling:
    """The last pass of one text. Its events are the stream, and the whole answer is what they come to.

    Args:
        plan: of the text as it was sent.
        onward: what is left to do after the first model, where there are two.
        units: of the text as it was sent.
        has_guard: as of `translation_pass`.
    """

    def __init__(
        self, plan: TranslationPlan, onward: OnwardPlan | None, units: OffsetConverter, *, has_guard: bool
    ) -> None:
        last = plan if onward is None else onward.plan
        segments = DirectSegments(units) if onward is None else PivotSegments(onward, units)
        self.onward = onward
        self._plan = last
        self._joiner = joiner_of(last)
        self._teller = SegmentTeller(segments, plan.request.offset_unit)
        self._pass = translation_pass(last, has_guard=has_guard)

    def run(self, calls: EngineCalls) -> AsyncGenerator[tuple[int, str | PartOutput | Exception], None]:
        """What comes of the parts, as it comes; see `Pass.run`."""
        return self._pass.run(calls, streams=True)

    async def run_whole(self, calls: EngineCalls) -> None:
        """All of it, without events."""

        def take(number: int, item: str | PartOutput | Exception) -> None:
            for _ in self.take(number, item):
                pass

        await self._pass.run_whole(calls, take)
        for _ in self.finish():
            pass

    def take(self, number: int, item: str | PartOutput | Exception) -> Iterator[TokenEvent | SegmentEvent]:
        """What is certain of the translation now."""
        return self._teller.tell(self._joiner.feed(number, item))

    def finish(self) -> Iterator[TokenEvent | SegmentEvent]:
        """What is left to tell once all has come."""
        yield from self._teller.tell(self._joiner.finish())
        yield from self._teller.finish()

    @property
    def segments(self) -> list[Segment]:
        """Those that were told."""
        return self._teller.told

    @property
    def hops(self) -> list[Hop]:
        """What was asked of each model on the way, and what it answered; once all is told."""
        last = Hop(self._plan, self._joiner.result)
        return [last] if self.onward is None else [self.onward.first, last]


def joiner_of(plan: TranslationPlan) -> Joiner:
    """Of what is made of its parts."""
    return Joiner(len(plan.parts), gap_of(plan))
