"""Files of messages that are not read as a whole: values at their places, and every other byte as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crosslate.service.documents.document import Document, Segment, has_words
from crosslate.service.documents.edits import edited
from crosslate.service.documents.encoding import TextFile


@dataclass(frozen=True, slots=True)
class StringSpan:
    """A value in a file."""

    start: int
    end: int
    text: str
    """What it says."""
    place: str
    """For people."""
    written: Callable[[str], str]
    """What it would say, as it has to stand in the file."""


def document_of_spans(file: TextFile, spans: Sequence[StringSpan]) -> Document:
    """The document whose text stands at these places, in order."""
    asked = [span for span in spans if has_words(span.text)]

    def write(translations: Sequence[str]) -> bytes:
        new = zip(asked, translations, strict=True)
        return file.encoded(edited(file.text, ((one.start, one.end, one.written(text)) for one, text in new)))

    return Document([Segment(span.text, "text", span.place) for span in asked], write, file.notices)
