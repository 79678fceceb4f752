"""The lines of a plain text: what stands before their words, and the cells that their words stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.protected.spans import covered
from crosslate.service.pipeline.layout.machine.lines import machine_lines
from crosslate.service.pipeline.layout.plain.line_marks import (
    commit_words,
    framed_words,
    has_commits,
    lettered,
    sections,
)
from crosslate.service.pipeline.layout.plain.line_tags import ENDS_IN_TAG

LINE = re.compile(r"[^\n\r\v\f\x00\x1c-\x1f\x85\u2028\u2029]+")
SINGLE_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028]")
"""What hard wrapping puts between two lines; anything else between them separates paragraphs."""

_ARROWS = "→⇒⟶➔➜➝➞▶▸►"
_BULLETS = f"-*+•◦‣⁃▪▫●○■□➢➤✓✔✗✘–—·{_ARROWS}"
_WIDE_BULLETS = r"(?:[・･●○◎■□◆◇★☆▲△▼▽※]+\u3000*(?=[\u3040-\u30ff\u4e00-\u9fff「『（]))?"
"""Without a blank behind them, as Japanese and Chinese have them."""
_OVERRIDES = r"(?:\{\\[^{}\s]{1,60}\})*"
"""Of subtitles: `{\\an8}`."""
_TO_DO = r"(?:TODO|FIXME|XXX|HACK)(?:\([\w@.\-]{1,40}\))?:"
"""Of comments, by which programs find them."""
_NUMBER = r"\(?(?:\d{1,3}(?:\.\d{1,3}){0,3}|[a-zA-Z]|[ivxIVX]{1,5})\)|\d{1,3}(?:\.\d{1,3}){0,3}\."
_NUMBER += r"|§[ ]?\d{1,4}(?=[ ][A-ZÀ-Þ][a-zß-ÿ])"
_START = re.compile(
    rf"(?P<indent>[ \t\xa0\u3000]*)"
    rf"(?P<quote>(?:>+[ \t]?)*[ \t]*)"
    rf"(?P<mark>{_OVERRIDES}"
    rf"(?:(?:[{_BULLETS}]+|‹(?![^\n]*›)|#{{1,6}}|={{1,6}}|//+!?|;{{1,3}}|%{{1,2}}|\[[ xX*]\]|{_NUMBER}"
    rf"|{_TO_DO}|\\item(?:\[[^\[\]\n]{{0,60}}\])?)[ \t\xa0]+)*{_WIDE_BULLETS}"
    r"(?:\"{3}(?!\")|'{3}(?!')(?![^\n]*'{3}))?)"
)
_FENCES_OF_STRINGS = ('"""', "'''")
"""Around what a program says of itself."""
_ORDINAL = re.compile(r"(\d{1,3})\.\s+$")
_COMMENT = re.compile(r"(?:#|//+!?|;{1,3}|--|%{1,2})\s+")
_EAST_ASIAN = "\u3000-\u9fff\uff00-\uffef"
"""An ellipsis of these languages has two signs."""
_ELLIPSES = rf"(?<![…{_EAST_ASIAN}])…{{2,}}(?![…{_EAST_ASIAN}])|…{{3,}}"
_TABS_AND_LEADERS = (
    rf"(?<![ \xa0])[ \xa0]*\t[\t \xa0]*|(?<![ \t])[ \t]*(?:\.{{4,}}|_{{3,}}|{_ELLIPSES})[ \t]*"
)
_HAS_COLUMNS = re.compile(_TABS_AND_LEADERS)
_CHOICE = r" {2,}\(?[a-zA-Z\d]{1,2}\) (?=\S)"
"""Beside another one, with its mark: `(A) whale  (B) bat`."""
_COLUMNS = re.compile(rf"{_TABS_AND_LEADERS}|(?<=:) {{2,}}|{_CHOICE}| {{3,}}")
_COLUMNS_AND_BARS = re.compile(rf"(?<![ \t])[ \t]*\|+[ \t]*|{_COLUMNS.pattern}")
_SEPARATORS = ("\t", "|", "....", "___", "……", "  ")
"""Without any of these, a line is one cell."""
STEP = re.compile(rf" [>›»{_ARROWS}] |(?<=:) ")
_WORDS_OF_STEP = r"[^.,;:!?<>›»|]{0,40}"
TRAIL = re.compile(
    rf"(?:[^\W\d_]{_WORDS_OF_STEP}: )?[^\W\d_]{_WORDS_OF_STEP}"
    rf"(?: (?:[>›»] [^\W\d_a-z]|[{_ARROWS}] [^\W\d_]){_WORDS_OF_STEP}){{2,}}\.?"
)
"""Of pages, or of commands in menus, where it is a whole line: `Home > Products > Shoes`."""
_BOX = re.compile(r"[☐☑☒](?!\ufe0f)|\([ \xa0]{1,3}\)|\[[ \xa0]{1,3}\]")
_BOXES = re.compile(rf"(?<![ \t])[ \t]*(?:{_BOX.pattern}|\([xX]\)|\[[xX]\])[ \t]*")
"""To be ticked, where at least one is not."""
_PICTURE = "\u2600-\u2763\u27b0\u2b50\U0001f300-\U0001faff"
_BETWEEN_PICTURES = re.compile(
    rf"(?<=[^\W\d_]{{3}})[{_PICTURE}][{_PICTURE}\u200d\ufe0f]*(?=[A-ZÀ-Þ][^\W\d_])"
)
"""Without blanks at their sides, and a capital behind them: `SALE🔥Buy two`."""
_REPLY = r"(?:(?:R[Ee]|F[Ww]d?|FWD|ENC|Enc|RES|AW|TR): )"
"""Before the subject of a mail, as programs write it."""
_KEYCAP = r"(?:\d\ufe0f?\u20e3|[✅❌⏳]\ufe0f?)"
_CIRCLED = "[⓪①-⑳❶-❿➀-➓]"
_MAY_HAVE_PARTS = re.compile(
    rf"(?:R[eE]|F[Ww]d?|FWD|ENC|Enc|RES|AW|TR): |[·•\u20e3✅❌⏳>›»{_ARROWS}☐☑☒(\[{_PICTURE}⓪①-⑳❶-❿➀-➓]"
)
_KINDS_OF_LINES = (
    (TRAIL.fullmatch, STEP),
    (_BOX.search, _BOXES),
    (_BETWEEN_PICTURES.search, _BETWEEN_PICTURES),
    (re.compile(rf"(?:[^\W\d_]{{4,10}}: )?{_REPLY}+\S").match, re.compile(rf"^{_REPLY}+|: {_REPLY}+")),
    (re.compile(r".*[^\W\d_]{2}.* [·•] .*[^\W\d_]{2}").match, re.compile(r" [·•] ")),
    (re.compile(rf"{_CIRCLED}.*? {_CIRCLED}").match, re.compile(rf"(?<! )[ ]?{_CIRCLED}[ ]?")),
    (re.compile(rf"{_KEYCAP} .*? {_KEYCAP} ").match, re.compile(rf"(?<! )[ ]?{_KEYCAP} ")),
)
"""Where a line is one of these, what stands between its parts."""
_BARS_WITHIN = re.compile(
    r"\([^()|\s]{1,20}\|[^()|\s]{1,20}\)|(?<![^\s(=<>+\-−])\|(?=\S)[^|\n]{1,24}(?<=\S)\|(?=[ ]?[=<>≤≥])"
)
"""Of formulas: `P(A|B)`, `|x| < 1`."""
_IS_TABLE = re.compile(r"\|.*\||\S[ \t]+\|[ \t]+\S")
_MAY_HOLD_BAR = re.compile(r"[{`\[(=<>≤≥*]")
_WITH_ORDINAL_POINT = frozenset(
    {
        "de",
        "da",
        "nb",
        "nn",
        "no",
        "fi",
        "et",
        "cs",
        "sk",
        "sl",
        "hr",
        "sr",
        "bs",
        "pl",
        "hu",
        "tr",
        "is",
        "fo",
    }
)
"""Languages that write `3.` for third: such a number at the beginning of a line may belong to its words."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text; every position is one of the text."""

    start: int
    words_start: int
    """After indent, quotation marks of mail, bullet, number, heading or comment mark."""
    end: int
    """Blanks at its end left out."""
    indent: str
    quote: str
    mark: str
    cells: tuple[Span, ...]
    """Between tabs, bars, dot leaders and wide blanks."""
    stands_alone: bool
    """Whether it reads on in no other: a line of a table for certain, with tabs, bars or dot leaders."""

    @property
    def depth(self) -> int:
        """How often it was quoted."""
        return self.quote.count(">")

    @property
    def is_comment(self) -> bool:
        """Whether its mark is one that stands before every line of a comment."""
        return _COMMENT.fullmatch(self.mark) is not None


def read_lines(text: str, lang: str, units: Sequence[Span] = ()) -> list[Line]:
    """The lines that are not blank.

    Args:
        text: all of it.
        lang: its language; it tells list numbers from ordinal ones.
        units: spans in order whose lines are one line, whatever is in them.
    """
    spans = [match.span() for match in LINE.finditer(text)]
    machine = machine_lines(text, spans)
    starts = [_begun(text, *span) for span in spans if span[0] not in machine]
    spans_of_words = [(start.end(), end) for start, end in starts]
    numbered = sections(text, spans_of_words) | lettered(text, spans_of_words)
    are_commits = has_commits(text)
    read = {start.start(): _read(text, start, end, numbered, are_commits) for start, end in starts}
    lines = (_said(text, at, machine[at]) if at in machine else read[at] for at, _ in spans)
    found = [line for line in lines if line is not None]
    found = _united(found, units) if units else found
    if lang in _WITH_ORDINAL_POINT:
        numbers = {_number(line) for line in found} - {None}
        found = [_with_ordinal(text, line) if _stands_alone(line, numbers) else line for line in found]
    return found


def _united(lines: Sequence[Line], units: Sequence[Span]) -> list[Line]:
    found: list[Line] = []
    at = 0
    for line in lines:
        while at < len(units) and units[at][1] <= line.start:
            at += 1
        if found and at < len(units) and units[at][0] < found[-1].end:
            first = found.pop()
            cells = ((first.words_start, line.end),)
            found.append(replace(first, end=line.end, cells=cells, stands_alone=True))
        else:
            found.append(line)
    return found


def _said(text: str, start: int, words: Span) -> Line | None:
    """A line of a program with its message; None where it has none."""
    first, end = words
    if first >= end:
        return None
    return replace(_line(text, (start, end), ("", "", text[start:first])), stands_alone=True)


def _begun(text: str, start: int, end: int) -> tuple[re.Match[str], int]:
    """What stands before the words of a line, and where it ends, without the blanks there."""
    last = start + len(text[start:end].rstrip())
    if text.endswith(_FENCES_OF_STRINGS, start, last) and len(text[start:last].strip()) > 3:
        last -= 3 * (text[last - 1] == '"' or text.count("'''", start, last) % 2)
    match = _START.match(text, start, last)
    if match is None:
        raise RuntimeError("the beginning of a line may be empty")
    return match, last


def _read(
    text: str, start: re.Match[str], end: int, numbered: Mapping[int, int], are_commits: bool
) -> Line | None:
    """A line; None of a blank one. `numbered` says where the words of sections begin."""
    if start.start() == end:
        return None
    framed = framed_words(text, start.start("mark"), end)
    if framed is not None:
        opening = text[start.start("mark") : framed[0]]
        line = _line(text, (start.start(), framed[1]), (start["indent"], start["quote"], opening))
        return replace(line, stands_alone=True)
    first = numbered.get(start.end(), start.end())
    said = commit_words(text, first, end, is_amid_commits=are_commits)
    mark = text[start.start("mark") : said]
    line = _line(text, (start.start(), end), (start["indent"], start["quote"], mark))
    return line if said == first else replace(line, stands_alone=True)


def _line(text: str, span: Span, beginning: tuple[str, str, str]) -> Line:
    start, end = span
    first = start + sum(map(len, beginning))
    words = _with_whole_placeholders(text[first:end])
    may_have_columns = any(separator in words for separator in _SEPARATORS)
    is_table = may_have_columns and _IS_TABLE.search(words) is not None
    columns = _COLUMNS_AND_BARS if is_table else _COLUMNS
    of_line = None
    if _MAY_HAVE_PARTS.search(words) is not None:
        of_line = next((parts for is_so, parts in _KINDS_OF_LINES if is_so(words)), None)
    if of_line is not None and not is_table:
        columns, may_have_columns, is_table = of_line, True, True
    indent, quote, mark = beginning
    return Line(
        start=start,
        words_start=first,
        end=end,
        indent=indent,
        quote=quote,
        mark=mark,
        cells=tuple(_cells(columns, words, first)) if may_have_columns else ((first, end),) if words else (),
        stands_alone=is_table
        or (may_have_columns and _HAS_COLUMNS.search(words) is not None)
        or (words.endswith(">") and ENDS_IN_TAG.search(words) is not None),
    )


def _cells(columns: re.Pattern[str], words: str, first: int) -> Iterator[Span]:
    """Spans in a text in which the words of a line begin at `first`."""
    start = 0
    for separator in columns.finditer(words):
        if separator.start() > start:
            yield first + start, first + separator.start()
        start = separator.end()
    if len(words) > start:
        yield first + start, first + len(words)


def _with_whole_placeholders(words: str) -> str:
    """Of the same length, where a bar in a placeholder or in code is none between cells."""
    if "|" not in words or _MAY_HOLD_BAR.search(words) is None:
        return words
    whole = covered(words, (one.span for one in protected_spans(words)), "x")
    return covered(whole, (match.span() for match in _BARS_WITHIN.finditer(whole)), "x")


def _number(line: Line) -> int | None:
    match = _ORDINAL.search(line.mark)
    return int(match[1]) if match else None


def _stands_alone(line: Line, numbers: set[int | None]) -> bool:
    number = _number(line)
    return number is not None and not numbers & {number - 1, number + 1}


def _with_ordinal(text: str, line: Line) -> Line:
    mark = _ORDINAL.sub("", line.mark)
    return _line(text, (line.start, line.end), (line.indent, line.quote, mark))
