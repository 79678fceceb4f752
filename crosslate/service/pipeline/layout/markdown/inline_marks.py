"""The marks within one paragraph of Markdown, as gaps and wraps of the passages that it is read as."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from markdown_it.token import Token

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.markdown.html_in_markdown import (
    CODE_TAGS,
    EMPTY_TAGS,
    says_that_it_stays,
)
from crosslate.service.pipeline.layout.markdown.markdown_lines import (
    before_words,
    begun_anew,
    between_steps,
    escapes_of_bars,
)
from crosslate.service.pipeline.layout.markdown.markdown_positions import LABEL, span_of
from crosslate.service.pipeline.layout.markdown.more_marks import SPAN
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passage_forms import Forms
from crosslate.service.pipeline.text.passages import Gap, Passage, Wrap
from crosslate.service.pipeline.text.words import is_ideograph

_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)")
_span = attrgetter("span")
_BLANKS = re.compile(r"[\t \xa0\u2000-\u200a\u202f\u205f]+")
_NO_REFERENCE = re.compile(r"\]\(|\]\[[^\]]+\]")


@dataclass(frozen=True, slots=True)
class _Open:
    """A mark that is not closed yet."""

    name: str
    span: Span
    number: int
    """Of the wrap that it will be."""


class InlineMarks:
    """What the inline tokens of one paragraph, heading or cell say about its text.

    Args:
        sent: the text as it was sent.
        token: `inline`, with its children.
        places: for each place in its content, where it is in the sent text.
        is_cell: whether it stands in a table, which a bar would end.
    """

    def __init__(self, sent: str, token: Token, places: Sequence[int], *, is_cell: bool = False) -> None:
        self._sent = sent
        self._places = places
        self._edits: list[tuple[Span, str]] = list(escapes_of_bars(sent, places)) if is_cell else []
        self._gaps: list[Gap] = []
        self._wraps: list[Wrap | None] = []
        self._protected: list[Span] = []
        self._forms: dict[str, str] = {"|": r"\|"} if is_cell else {}
        self._open: list[_Open] = []
        self.breaks: list[Span] = []
        """Hard line breaks, in the sent text."""
        apart = [*before_words(token.content), *between_steps(token.content, is_cell=is_cell)]
        self.breaks += ((places[start], places[end]) for start, end in apart)
        self._read(token.children or (), 0)
        while self._open:
            self._demote(self._open.pop())
        self._read_blanks(token.content)

    def passages(self, whole: DerivedText) -> Iterator[Passage]:
        """What stands between hard line breaks, blanks at the ends left out."""
        first, last = self._places[0], self._places[-1]
        borders = [(first, first), *sorted(self.breaks), (last, last)]
        stretches = [(one[1], other[0]) for one, other in pairwise(borders) if one[1] < other[0]]
        protected = sorted(self._protected)
        fixed = {place for span in protected for place in range(*span)}
        edits, wraps = self._apart(fixed), self._by_stretch(stretches, fixed)
        gaps = sorted(self._gaps, key=_span)
        for number, (start, end) in enumerate(stretches):
            inside = edits[bisect_left(edits, start, key=_begin) : bisect_left(edits, end, key=_begin)]
            among = gaps[
                bisect_left(gaps, (start, start), key=_span) : bisect_left(gaps, (end, end), key=_span)
            ]
            copied = protected[bisect_left(protected, (start, start)) : bisect_left(protected, (end, end))]
            moved = [((a - start, b - start), text) for (a, b), text in inside if b <= end]
            yield Passage(
                text=whole.part(start, end).edited(moved),
                gaps=tuple(among),
                wraps=tuple(wraps[number]),
                protected=tuple((span, self._sent[slice(*span)]) for span in copied),
                forms=Forms(self._forms),
            )

    def _apart(self, fixed: set[int]) -> list[tuple[Span, str]]:
        """The edits in order, those that overlap no other and stand in nothing that is protected."""
        found: list[tuple[Span, str]] = []
        for edit in sorted(self._edits):
            start, _ = edit[0]
            if start not in fixed and (not found or found[-1][0][1] <= start):
                found.append(edit)
        return found

    def _by_stretch(self, stretches: Sequence[Span], fixed: set[int]) -> list[list[Wrap]]:
        """The wraps that touch each."""
        found: list[list[Wrap]] = [[] for _ in stretches]
        for wrap in self._wraps:
            if wrap is None or (wrap.inner[0] in fixed and wrap.inner[0] - 1 in fixed):
                continue
            first = bisect_left(stretches, wrap.inner[0], key=lambda span: span[1])
            for number in range(first, len(stretches)):
                if stretches[number][0] > wrap.inner[1]:
                    break
                found[number].append(wrap)
        return found

    def _read(self, tokens: Sequence[Token], offset: int) -> None:
        for token in tokens:
            if SPAN not in token.meta:
                continue
            start, end = (at + offset for at in span_of(token))
            self._take(token, (start, end))

    def _take(self, token: Token, span: Span) -> None:
        """One token; `span` is in the content."""
        sent_span = self._sent_span(span)
        match token.type:
            case "softbreak":
                self._take_line_end(span)
            case "hardbreak":
                self.breaks.append(self._with_blanks_before(sent_span))
            case "text_special":
                self._take_special(token, sent_span)
            case "code_inline":
                self._protected.append(sent_span)
            case "footnote":
                self._take_point(sent_span)
            case "image":
                self._take_image(token, span)
            case "html_inline":
                self._take_tag(token, sent_span)
            case _ if token.markup == "autolink":
                # What opens it, its text and what closes it all have its span.
                self._protected += [sent_span] * (token.nesting == 1)
            case _ if token.nesting == 1:
                self._begin(token.type.removesuffix("_open"), sent_span)
            case _ if token.nesting == -1:
                self._end(token.type.removesuffix("_close"), sent_span, self._closing(token, sent_span))

    def _closing(self, token: Token, span: Span) -> str:
        """A reference that names its link by the words in it goes on doing so when these are others."""
        written = self._sent[slice(*span)]
        if token.type != "link_close" or _NO_REFERENCE.match(written):
            return written
        return f"][{token.meta[LABEL]}]"

    def _take_line_end(self, span: Span) -> None:
        start, end = self._with_blanks_before(self._sent_span(span))
        if self._gaps and self._gaps[-1].span[1] >= end:
            return  # behind a tag that breaks the line
        if (first := begun_anew(self._sent, start, end)) is not None:
            self.breaks.append((start, first))
            return
        is_spaced = not (is_ideograph(self._sent[start - 1]) and is_ideograph(self._sent[end]))
        self._edits.append(((start, end), " " if is_spaced else ""))
        self._gaps.append(Gap((start, end), self._sent[start:end]))

    def _with_blanks_before(self, span: Span) -> Span:
        start, end = span
        while start > self._places[0] and self._sent[start - 1] in " \t":
            start -= 1
        return start, end

    def _take_special(self, token: Token, span: Span) -> None:
        """A backslash and what it escapes, or a character by its name."""
        if _BLANKS.fullmatch(token.content):
            self._edits.append((span, " "))
            self._gaps.append(Gap(span, token.markup))
            return
        self._edits.append((span, token.content))
        if len(token.content) == 1:
            self._forms[token.content] = token.markup

    def _take_point(self, span: Span) -> None:
        start, end = span
        is_behind_line = bool(self._gaps) and self._gaps[-1].span[1] >= start
        if not is_behind_line and self._is_blank(start - 1) and self._is_blank(end):
            start -= 1  # only one of the blanks around it is between two words
        self._edits.append(((start, end), ""))
        self._wraps.append(Wrap((start, start), self._sent[start:end], "", (start, end)))

    def _is_blank(self, place: int) -> bool:
        return self._places[0] <= place < self._places[-1] and self._sent[place] == " "

    def _take_image(self, token: Token, span: Span) -> None:
        label: Span = token.meta[LABEL]
        start, end = span
        first = start + 2
        last = first + label[1] - label[0]
        if first == last:
            self._take_point(self._sent_span(span))
            return
        self._take_apart(span)
        self._begin("image", self._sent_span((start, first)))
        self._read(token.children or (), first)
        self._end("image", closing := self._sent_span((last, end)), self._sent[slice(*closing)])

    def _take_apart(self, span: Span) -> None:
        """A picture before or behind a text, whose words are no part of a sentence of it."""
        start, end = span
        if start == 0 and self._is_blank(self._places[end]):
            self.breaks.append((self._places[end], self._places[end + 1]))
        elif end == len(self._places) - 1 and start and self._is_blank(self._places[start - 1]):
            self.breaks.append((self._places[start - 1], self._places[start]))

    def _take_tag(self, token: Token, span: Span) -> None:
        tag = _TAG.match(token.content)
        name = "" if tag is None else f"<{tag['name'].lower()}"
        if name == "<br":
            self._take_line_break(span)
        elif tag is None or token.content.endswith("/>") or name in EMPTY_TAGS:
            self._take_point(span)
        elif not tag["end"]:
            self._begin(name, span)
        elif self._is_open(name):
            self._end(name, span, self._sent[slice(*span)])
        else:
            self._take_point(span)

    def _take_line_break(self, span: Span) -> None:
        """One within a sentence where a word in lower case follows."""
        start, _ = self._with_blanks_before(span)
        behind = self._places[bisect_left(self._places, span[1]) :]
        end = next((place for place in behind if not self._sent[place : place + 1].isspace()), span[1])
        if self._sent[end : end + 1].islower() and start > self._places[0]:
            self._edits.append(((start, end), " "))
            self._gaps.append(Gap((start, end), self._sent[start:end]))
        else:
            self.breaks.append((start, end))

    def _is_open(self, tag: str) -> bool:
        """Whether a tag can be closed: not one from before a mark of Markdown that is still open."""
        for mark in reversed(self._open):
            if mark.name == tag:
                return True
            if not mark.name.startswith("<"):
                break
        return False

    def _begin(self, name: str, span: Span) -> None:
        self._edits.append((span, ""))
        self._open.append(_Open(name, span, len(self._wraps)))
        self._wraps.append(None)

    def _end(self, name: str, span: Span, closing: str) -> None:
        """Close a mark; tags that were opened inside and not closed stand for themselves."""
        while self._open[-1].name != name:
            self._demote(self._open.pop())
        opened = self._open.pop()
        self._edits.append((span, ""))
        opening, whole = self._sent[slice(*opened.span)], (opened.span[0], span[1])
        if name in CODE_TAGS or (name[0] == "<" and says_that_it_stays(opening)):
            self._protected.append(whole)
            # What is protected has its blanks in it.
            self._gaps = [gap for gap in self._gaps if not whole[0] <= gap.span[0] < whole[1]]
        elif opened.span[1] == span[0]:
            self._wraps[opened.number] = Wrap((whole[0], whole[0]), opening + closing, "", whole)
        else:
            self._wraps[opened.number] = Wrap((opened.span[1], span[0]), opening, closing, whole)

    def _demote(self, opened: _Open) -> None:
        place = opened.span[0]
        self._wraps[opened.number] = Wrap((place, place), self._sent[slice(*opened.span)], "", opened.span)

    def _read_blanks(self, content: str) -> None:
        edited = {place for (first, last), _ in self._edits for place in range(first, last)}
        for match in _BLANKS.finditer(content):
            start, end = self._sent_span(match.span())
            if match.group() != " " and edited.isdisjoint(range(start, end)):
                self._edits.append(((start, end), " "))
                self._gaps.append(Gap((start, end), match.group()))

    def _sent_span(self, span: Span) -> Span:
        start, end = span
        last = self._places[end] if start == end else self._places[end - 1] + 1
        # The next line begins after the marks before its words.
        return self._places[start], max(last, self._places[end]) if self._ends_line(span) else last

    def _ends_line(self, span: Span) -> bool:
        return self._places[span[1]] > self._places[span[1] - 1] + 1 if span[1] else False


def _begin(edit: tuple[Span, str]) -> int:
    return edit[0][0]
