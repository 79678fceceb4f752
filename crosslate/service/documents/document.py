"""What every format comes to: segments to translate, and a way to put their translations back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from crosslate.service.errors import ServiceError

DELETIONS_STAY = "Text that was deleted or moved away with changes tracked is as it was."
NO_SIGNATURE = "The file was signed: a translation does not have a valid signature."
SegmentFormat = Literal["text", "markdown", "html", "xml"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a document that is translated in one go: a paragraph, a cell, a message."""

    text: str
    format: SegmentFormat = "text"
    """`xml`: with the tags of `crosslate.service.documents.inline`."""
    place: str = ""
    """Where it stands, for people."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file, read."""

    segments: Sequence[Segment]
    write: Callable[[Sequence[str]], bytes]
    """From the translations of the segments, in order, to the file; to be called once."""
    notices: Sequence[str] = field(default_factory=tuple)
    """What in it is not translated, or not sure, in words; all of it once the file is written."""

    @property
    def num_characters(self) -> int:
        """Of all that is to be translated, marks included."""
        return sum(len(segment.text) for segment in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What a caller may say about a file. What is for one format is refused with others."""

    target_lang: str = ""
    source_lang: str | None = None
    columns: tuple[str, ...] = ()
    """CSV: names, or numbers from 1, of the columns to translate; the first row then names them. Without any,
    every cell is translated."""
    paths: tuple[str, ...] = ()
    """JSON: which strings, such as `messages.*.text`; `*` is any one name or place. Without any, all."""


def objects_stay(number: int) -> str:
    """A notice about what is in a file for other programs."""
    return f"Objects of other programs in the file are as they were ({number}): translate them apart."


def has_words(text: str) -> bool:
    """Whether there is anything to translate."""
    return any(map(str.isalpha, text))


def unreadable(kind: str, why: str) -> ServiceError:
    """422: the file is not what its name says, or is damaged."""
    return ServiceError(
        "document_unreadable",
        f"This is no {kind} file that can be read: {why}. Open it where it was made, and save it again.",
    )


def unsafe(why: str) -> ServiceError:
    """422: the file is refused for what it may do."""
    return ServiceError("document_unsafe", why)


def too_large(why: str) -> ServiceError:
    """413."""
    return ServiceError("document_too_large", why)
