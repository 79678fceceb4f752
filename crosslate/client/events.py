"""Streamed answers: bytes to server-sent events, and these to what a program reads.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from crosslate.client.answers import problem_from
from crosslate.client.decoding import decode, json_value, one_for_each
from crosslate.client.errors import ConnectionFailedError, CrosslateError, UnexpectedAnswerError, api_error
from crosslate.client.summaries import Summaries, Summary, SummaryChunk
from crosslate.client.translations import Segment, Translation, Translations

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """Some more of the output; all of these together are its text, as far as nothing was tried again."""

    text: str


@dataclass(frozen=True, slots=True)
class SegmentEvent:
    """A sentence is translated."""

    segment: Segment
    text: str


@dataclass(frozen=True, slots=True)
class ChunkEvent:
    """A part of a text is summarized."""

    chunk: SummaryChunk
    text: str
    num_finished: int
    num_chunks: int


@dataclass(frozen=True, slots=True, eq=False)
class DoneEvent(Generic[T]):
    """The last event: the whole answer, as without streaming."""

    result: T


TranslationEvent: TypeAlias = TokenEvent | SegmentEvent | DoneEvent[Translation]
SummaryEvent: TypeAlias = TokenEvent | ChunkEvent | DoneEvent[Summary]


def translation_event(name: str, data: Any) -> TranslationEvent | None:  # noqa: ANN401  (JSON)
    """None for what is in the last event too, or not known."""
    match name:
        case "token":
            return decode(TokenEvent, data)
        case "segment":
            return SegmentEvent(decode(Segment, data), decode(TokenEvent, data).text)
        case "done":
            return DoneEvent(one_for_each(decode(Translations, data).translations, 1)[0])
    return None


def summary_event(name: str, data: Any) -> SummaryEvent | None:  # noqa: ANN401
    """As `translation_event`."""
    match name:
        case "token":
            return decode(TokenEvent, data)
        case "segment":
            return decode(ChunkEvent, {**data, "chunk": data})
        case "done":
            return DoneEvent(one_for_each(decode(Summaries, data).summaries, 1)[0])
    return None


class EventReader(Generic[T]):
    """The events of one answer, from its bytes in pieces of any size.

    Lines end at line feeds alone: JSON leaves other separators, such as U+2028, in its strings.
    """

    def __init__(self, read: Callable[[str, Any], T | None]) -> None:
        self._read = read
        self._unfinished: list[bytes] = []
        """The pieces of a line; joined once, for one line may be many megabytes."""
        self._name, self._data = "", ""
        self.has_ended = False
        """Whether the last event has come."""

    def feed(self, piece: bytes) -> Iterator[T]:
        """What the events that end in this piece say.

        Raises:
            ApiError: the server says that it failed.
        """
        self._unfinished.append(piece)
        if b"\n" not in piece:
            return
        *lines, rest = b"".join(self._unfinished).split(b"\n")
        self._unfinished = [rest]
        for line in lines:
            field, _, value = line.rstrip(b"\r").decode(errors="replace").partition(":")
            if field == "event":
                self._name = value.removeprefix(" ")
            elif field == "data":
                self._data += value.removeprefix(" ")
            elif not field and not value and self._data:
                event = self._finished()
                if event is not None:
                    yield event

    def end(self) -> None:
        """The answer has ended.

        Raises:
            ConnectionFailedError: without its last event.
        """
        if not self.has_ended:
            raise ConnectionFailedError(
                "the stream ended before its last event: send it again", was_sent=True
            )

    def _finished(self) -> T | None:
        name, self._name, text, self._data = self._name, "", self._data, ""
        try:
            data = json_value(text)
        except ValueError as error:
            raise UnexpectedAnswerError("an event of the stream is not JSON") from error
        if name == "error":
            raise self._failure(data)
        self.has_ended |= name == "done"
        return self._read(name, data)

    def _failure(self, data: Any) -> CrosslateError:  # noqa: ANN401  (JSON)
        waits = data.get("retry_after") if isinstance(data, dict) else None
        problem = problem_from(data, retry_after_s=waits if isinstance(waits, int | float) else None)
        return (
            UnexpectedAnswerError("the stream failed, and says no more")
            if problem is None
            else api_error(problem)
        )
