"""A text in any format as plain text: what a reader sees of it, and what shows how its lines are meant.

Plain text says by marks at the beginnings of lines what is a heading, an item or a row. Where a format says
so by other means, these marks are put in; they help who reads, and stand in nothing that is answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.text.origin import DerivedText, OriginMap, concatenated
from crosslate.service.pipeline.text.words import segment_words


@dataclass(frozen=True)
class ReadableText:
    """What is read of a text that was sent."""

    sent: str
    marked: DerivedText
    """With marks for headings (`# `), items (`- `), rows (`| a\\t\\tb`) and code (fences)."""
    marks: Sequence[Span] = ()
    """Those in `marked` that the text does not have, in order."""

    @classmethod
    def of_plain(cls, sent: str) -> ReadableText:
        """A plain text is read as it is."""
        return cls(sent, DerivedText(sent, OriginMap.identity(len(sent))))

    @cached_property
    def plain(self) -> DerivedText:
        """Without the marks."""
        return self.marked.edited([(mark, "") for mark in self.marks])

    def words(self) -> list[Span]:
        """The words of `marked` that are the text's."""
        inner = OriginMap.identity(len(self.marked.text)).edited((mark, 0) for mark in self.marks)
        return [inner.span(word) for word in segment_words(self.plain.text)]


class Break(IntEnum):
    """What ends between two stretches of a text; the stronger is the greater."""

    NONE = 0
    CELL = 1
    LINE = 2
    PARAGRAPH = 3


_SEPARATORS = {Break.NONE: "", Break.CELL: "\t", Break.LINE: "\n", Break.PARAGRAPH: "\n\n"}
HEADING, ITEM, ROW, FENCE = "# ", "- ", "| ", "```\n"
_SECOND_TAB, _FENCE_END = "\t", "\n```"
_ENDS_SENTENCE = (".", "!", "?", "。", "！", "？")


class ReadableWriter:
    """Puts a readable text together, stretch by stretch, in order.

    Args:
        sent: the text that the stretches are of.
    """

    def __init__(self, sent: str) -> None:
        self._sent = sent
        self._parts: list[DerivedText | str] = []
        self._marks: list[Span] = []
        self._length = 0
        self._break = Break.NONE
        self._blanks = ""
        self._mark = ""
        self._last = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written yet."""
        return not self._parts

    def end(self, what: Break, mark: str = "") -> None:
        """Something ends here; what comes next is marked so."""
        self._break = max(self._break, what)
        self._blanks, self._mark = "", mark or self._mark

    def end_line(self) -> None:
        """A line ends here; behind another end it leaves a blank line."""
        self.end(Break.PARAGRAPH if self._break >= Break.LINE else Break.LINE)

    def unmark(self) -> None:
        """What was to be marked had nothing in it."""
        self._mark = ""

    @property
    def is_marking(self) -> bool:
        """Whether the next stretch will have a mark."""
        return self._mark != ""

    def blank(self, blanks: str) -> None:
        """Between the stretch before and the next one, unless more than a word ends there."""
        self._blanks = blanks or self._blanks

    def more_blanks(self, blanks: str) -> None:
        """The same, together with those before."""
        self._blanks += blanks

    def write(self, stretch: DerivedText) -> None:
        """Add words."""
        if self._parts:
            self._separate()
        if self._mark:
            self._put_mark(self._mark)
        self._put(stretch)
        self._last = stretch.text[-1]
        self._break, self._blanks, self._mark = Break.NONE, "", ""

    def end_code(self) -> None:
        """Close a fence."""
        self._put_mark(_FENCE_END)

    def written(self) -> ReadableText:
        """All of it."""
        if not self._parts:
            return ReadableText(self._sent, DerivedText.of(self._sent).part(0, 0))
        return ReadableText(self._sent, concatenated(self._parts), self._marks)

    def _separate(self) -> None:
        what = self._break
        if what is Break.CELL and self._last in _ENDS_SENTENCE:
            what = Break.LINE  # cells that hold prose are the layout of a page
        if what is Break.CELL:
            self._put_mark(_SECOND_TAB)  # a single one may stand in prose
        self._put(_SEPARATORS[what] or self._blanks)

    def _put_mark(self, mark: str) -> None:
        self._marks.append((self._length, self._length + len(mark)))
        self._put(mark)

    def _put(self, part: DerivedText | str) -> None:
        self._parts.append(part)
        self._length += len(part if isinstance(part, str) else part.text)
