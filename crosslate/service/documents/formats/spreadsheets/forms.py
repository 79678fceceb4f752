"""What buttons, boxes to tick and groups on sheets say: in drawings of VML, beside those of today.

Excel writes HTML of old into these parts, with tags that nothing closes. So they are not read as XML.
"""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import Callable, Iterator, Sequence

from crosslate.service.documents.document import Segment, has_words
from crosslate.service.documents.edits import edited
from crosslate.service.documents.formats.ooxml.office_file import OfficeFile
from crosslate.service.documents.inline import legal

_LABEL = re.compile(r"<v:textbox\b[^<>]*>(.*?)</v:textbox>", re.DOTALL)
_TEXT = re.compile(r"(?:^|>)\s*([^<>]*[^<>\s])")
_BLANKS = re.compile(r"\s+")


class FormLabels:
    """Those of one part.

    Args:
        text: of the part.
        place: for people.
        keep: told what the part says once it is translated.
    """

    def __init__(self, text: str, place: str, keep: Callable[[str], None]) -> None:
        self._text, self._keep = text, keep
        self._spans = list(_worded(text))
        said = (html.unescape(text[start:end]) for start, end in self._spans)
        self.segments = [Segment(_BLANKS.sub(" ", one), "text", place) for one in said]

    def put(self, translations: Sequence[str]) -> None:
        """Replace them, each between the same tags."""
        edits = (
            (*span, html.escape(legal(text), quote=False))
            for span, text in zip(self._spans, translations, strict=True)
        )
        self._keep(edited(self._text, edits))


def read_form_labels(file: OfficeFile) -> None:
    """Those of all sheets of a workbook."""
    for name in file.package.names:
        if name.endswith(".vml"):
            with contextlib.suppress(UnicodeDecodeError):  # Excel writes no other encoding
                text = file.package.read(name).decode()
                file.units.append(FormLabels(text, name, _keeper(file, name)))


def _keeper(file: OfficeFile, name: str) -> Callable[[str], None]:
    def keep(text: str) -> None:
        file.changed[name] = text.encode()

    return keep


def _worded(text: str) -> Iterator[tuple[int, int]]:
    """Where words stand."""
    for label in _LABEL.finditer(text):
        for piece in _TEXT.finditer(text, *label.span(1)):
            if has_words(piece[1]):
                yield piece.span(1)
