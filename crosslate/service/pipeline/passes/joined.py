"""The answers for a document's parts as one text, with what stands between them; whole, or as they come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.degeneration.guard import Verdict
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.types import TokenEvent

Gap = Callable[[int, str], str]
"""What to write before a part, by its number, or with the number of parts after the last one. The text so
far, or its last characters, is the second argument."""


@dataclass(frozen=True, slots=True)
class FinishedPart:
    """A part's output is known; `text` is what of it has not been streamed."""

    output: PartOutput
    text: str


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of all parts of a document, in order."""

    outputs: Sequence[PartOutput]
    text: str
    spans: Sequence[Span]
    """Where each output stands in `text`, in code points."""

    @property
    def score(self) -> float:
        """Mean log-probability of all tokens; 0 when nothing was generated."""
        return mean_score([(o.hypothesis.score, o.num_tokens) for o in self.outputs])

    @property
    def finish_reason(self) -> Literal["stop", "length"]:
        """Whether all of the text is whole."""
        return "length" if any(output.finish_reason == "length" for output in self.outputs) else "stop"

    @property
    def num_prompt_tokens(self) -> int:
        """Read, of all parts."""
        return sum(len(output.part.ids) for output in self.outputs)

    @property
    def num_generation_tokens(self) -> int:
        """Written for all parts, end tokens included."""
        return sum(output.num_tokens for output in self.outputs)

    @property
    def verdicts(self) -> list[Verdict]:
        """On the parts that were at fault."""
        return [verdict for output in self.outputs for verdict in output.verdicts]


class Joiner:
    """Puts the outputs of parts together, in order, in whatever order they come.

    Args:
        num_parts: how many there will be.
        gap: what stands between them.
    """

    def __init__(self, num_parts: int, gap: Gap) -> None:
        self._num_parts = num_parts
        self._gap = gap
        self._waiting: defaultdict[int, list[str | PartOutput | Exception]] = defaultdict(list)
        self._outputs: list[PartOutput] = []
        self._spans: list[Span] = []
        self._texts: list[str] = []
        self._length = 0
        self._streamed = ""
        self._has_gap = False

    @property
    def result(self) -> Joined:
        """Once all parts have been fed."""
        return Joined(self._outputs, "".join(self._texts), self._spans)

    def feed(self, number: int, item: str | PartOutput | Exception) -> Iterator[TokenEvent | FinishedPart]:
        """Take what came of a part; tell what of the text is certain now. A failure is raised in its turn."""
        self._waiting[number].append(item)
        while items := self._waiting.pop(len(self._outputs), []):
            for waiting in items:
                yield from self.finish()
                if isinstance(waiting, Exception):
                    raise waiting
                yield from self._told(waiting)

    def finish(self) -> list[TokenEvent]:
        """What stands before the next part, or after the last one, unless that has been told."""
        if self._has_gap:
            return []
        self._has_gap = True
        gap = self._gap(len(self._outputs), self._texts[-1] if self._texts else "")
        self._add(gap)
        return [TokenEvent(gap)] if gap else []

    def _told(self, item: str | PartOutput) -> list[TokenEvent | FinishedPart]:
        if isinstance(item, str):
            self._streamed += item
            return [TokenEvent(item)]
        text, streamed = item.text, self._streamed
        self._spans.append((self._length, self._length + len(text)))
        self._add(text)
        self._outputs.append(item)
        self._streamed, self._has_gap = "", False
        if not streamed:
            return [FinishedPart(item, text)]
        rest = text.removeprefix(streamed)
        return [*([TokenEvent(rest)] if rest else []), FinishedPart(item, "")]

    def _add(self, text: str) -> None:
        """Empty texts are left out, so that the last of all texts is the end of what is written."""
        if text:
            self._texts.append(text)
            self._length += len(text)


def join(outputs: Sequence[PartOutput], gap: Gap) -> Joined:
    """The outputs of all parts, put together."""
    joiner = Joiner(len(outputs), gap)
    for number, output in enumerate(outputs):
        for _ in joiner.feed(number, output):
            pass
    joiner.finish()
    return joiner.result


def verdict_warnings(outputs: Sequence[PartOutput], what: str) -> list[Notice]:
    """What to say about outputs at fault; `what` is what each belongs to, such as `Segment`."""
    return [
        Notice("degenerate", verdict.warning(f"{what} {number}"))
        for number, output in enumerate(outputs, start=1)
        for verdict in output.verdicts
        if verdict.is_told
    ]


def mean_score(scores: Sequence[tuple[float, int]]) -> float:
    """The mean of scores that each stand for so many tokens; 0 of none."""
    num_tokens = sum(count for _, count in scores)
    return sum(score * count for score, count in scores) / num_tokens if num_tokens else 0.0
