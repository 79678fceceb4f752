"""A plain text into passages: paragraphs that were wrapped at a margin, else single lines and cells."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.fidelity.protected import icu, tex
from crosslate.service.pipeline.fidelity.protected.forum_tags import forum_lines
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.layout.plain.bare_code import bare_code
from crosslate.service.pipeline.layout.plain.escaped_quotes import string_inside
from crosslate.service.pipeline.layout.plain.fences import fenced_code
from crosslate.service.pipeline.layout.plain.line_tags import between_tags
from crosslate.service.pipeline.layout.plain.lines import LINE, Line, read_lines
from crosslate.service.pipeline.layout.plain.plain_marks import marked_passage
from crosslate.service.pipeline.layout.plain.wrapping import groups, is_hyphenated
from crosslate.service.pipeline.text.bare_sentences import is_bare
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Gap, Passage
from crosslate.service.pipeline.text.words import CountTokens, is_ideograph
from crosslate.service.pipeline.types import LineBreaks

BLANKS = re.compile(r"[\t \xa0\u2000-\u200a\u202f\u205f]+")
_RUN = re.compile(r"  |[\t\xa0\u2000-\u200a\u202f\u205f]")
"""Something else than single blanks, which few lines have."""
_HYPHENS = "-\xad\u2010"
_THOUSANDS = re.compile(r"\d[\xa0\u2009\u202f]\d{3}(?!\d)")
_ESCAPE = re.compile(r"(?<![\s\"'`(\[\\])(?:\\[nrt])+ *(?![a-z\"'`)\]])")
"""None of those that are spoken of, or begin the name of a sign: `"\\n"`, `\\times`."""
_BREAK_OF_SUBTITLE = re.compile(r"\\N(?=[^\W_]|[\"'“‘«(\[♪¿¡{\-–—])")
_DRIVE = re.compile(r"(?<!\w)[A-Za-z]:\\|\\\\")
"""Of a path, in which such letters are names."""
_LINE_END_IN_MESSAGE = re.compile(r"\{\s*[\w.\-]{1,64}\s*,\s*(?:plural|select)[^\n\r]*[\n\r]")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that is read."""

    whole: DerivedText
    messages: Sequence[Span]
    """Plurals and choices that go over several lines, which are their syntax rather than layout."""
    count_tokens: CountTokens


def plain_passages(sent: str, lang: str, line_breaks: LineBreaks, count_tokens: CountTokens) -> list[Passage]:
    """The passages of a text, in order; those without a letter are left out.

    Args:
        sent: the text as it was sent.
        lang: its language.
        line_breaks: `auto` joins the lines of wrapped prose, `join` those of every paragraph, `keep` none.
        count_tokens: how many tokens a model reads a word in. It tells a word that was divided at the end of
            a line from one that is written with a hyphen.
    """
    whole = DerivedText.of(sent)
    if is_bare(sent):
        return [Passage(text=whole)]
    text = _Text(whole, _messages_of_lines(sent), count_tokens)
    lines = _outside(_code(sent), read_lines(sent, base_language(lang), text.messages))
    found: list[Passage] = []
    for group in groups(sent, lines, line_breaks, lang):
        if len(group) > 1:
            joints = [_joint(sent, *pair, count_tokens) for pair in pairwise(group)]
            for start, end in tex.around_notes(sent, group[0].words_start, group[-1].end):
                inside = [joint for joint in joints if overlap(joint[0].span, (start, end))]
                found += _passages(text, [(start, end)], inside)
        else:
            line = group[0].cells
            cells = _between_commands(sent, line) if "\\" in sent else line
            found += _by_line_tags(text, cells)
    return found


def _code(sent: str) -> Sequence[Span]:
    """Where code stands, in order: between fences, or else in paragraphs of its own."""
    blocks = [*tex.tex_blocks(sent)] if "\\begin{" in sent else []
    return fenced_code(sent) or blocks or forum_lines(sent) or bare_code(sent)


def _by_line_tags(text: _Text, cells: Sequence[Span]) -> Iterator[Passage]:
    """The cells between `<br>`; those at which a sentence goes on stand within it as layout."""
    whole = text.whole
    if "<" not in whole.text:
        yield from _passages(text, cells, [])
        return
    for cell in cells:
        stretches, within = between_tags(whole.text, *cell)
        for stretch in stretches:
            joints = [(Gap(tag, whole.text[slice(*tag)]), " ") for tag in within if overlap(tag, stretch)]
            yield from _passages(text, [stretch], joints)


def _between_commands(sent: str, cells: Sequence[Span]) -> list[Span]:
    """The cells between escapes, and beside notes of TeX."""
    return [part for cell in _between_escapes(sent, cells) for part in tex.around_notes(sent, *cell)]


def _between_escapes(sent: str, cells: Sequence[Span]) -> list[Span]:
    r"""The cells between what stands for line ends and tabs in messages of programs: `Done.\nGo on?`.

    Of a string of a program what is in it.
    """
    found: list[Span] = []
    for whole in cells:
        start, end = string_inside(sent, *whole) or whole
        is_path = _DRIVE.search(sent, start, end) is not None
        escapes = [] if is_path else [*_ESCAPE.finditer(sent, start, end)]
        escapes = escapes or ([] if is_path else [*_BREAK_OF_SUBTITLE.finditer(sent, start, end)])
        borders = [start, *(place for escape in escapes for place in escape.span()), end]
        found += ((a, b) for a, b in zip(borders[::2], borders[1::2], strict=True) if a < b)
    return found


def _outside(code: Sequence[Span], lines: Sequence[Line]) -> Sequence[Line]:
    """The lines that are in none of these spans."""
    if not code:
        return lines
    starts = [start for start, _ in code]
    places = ((bisect_right(starts, line.start) - 1, line) for line in lines)
    return [line for place, line in places if place < 0 or code[place][1] <= line.start]


def _messages_of_lines(sent: str) -> list[Span]:
    if "{" not in sent or _LINE_END_IN_MESSAGE.search(sent) is None:
        return []
    return [span for one in icu.arguments(sent) if LINE.fullmatch(sent, *(span := one.span)) is None]


def _passages(text: _Text, spans: Sequence[Span], joints: Sequence[tuple[Gap, str]]) -> Iterator[Passage]:
    """A passage for each span that has a letter; `joints` are between the lines of the only one."""
    whole = text.whole
    for start, end in spans:
        if not any(map(str.isalpha, whole.text[start:end])):
            continue
        read = [(gap.span, blank, gap) for gap, blank in [*joints, *_runs(whole.text, start, end, joints)]]
        if text.messages:
            read = [one for one in read if not any(overlap(one[0], message) for message in text.messages)]
        read.sort(key=lambda item: item[0])
        edits = [((a - start, b - start), blank) for (a, b), blank, _ in read]
        gaps = [gap for _, _, gap in read if gap.text != " "]
        yield marked_passage(whole.part(start, end).edited(edits), gaps, text.count_tokens)


def _runs(text: str, start: int, end: int, joints: Sequence[tuple[Gap, str]]) -> Iterator[tuple[Gap, str]]:
    """Runs of blanks within lines, which a model reads as one."""
    borders = [start, *(place for gap, _ in joints for place in gap.span), end]
    for first, last in zip(borders[::2], borders[1::2], strict=True):
        if _RUN.search(text, first, last) is None:
            continue
        for match in BLANKS.finditer(text, first, last):
            if match.group() != " " and first < match.start() and match.end() < last:
                yield Gap(match.span(), " " if _is_french(text, match) else match.group()), " "


def _is_french(text: str, blank: re.Match[str]) -> bool:
    """A blank that goes with a mark or between thousands, by custom rather than as the author's layout."""
    before, after = text[blank.start() - 1], text[blank.end()]
    return before in "«‹" or after in "!?:;%»›" or _THOUSANDS.match(text, blank.start() - 1) is not None


def _joint(sent: str, line: Line, following: Line, count_tokens: CountTokens) -> tuple[Gap, str]:
    """What stands between two lines of a passage, and what a model reads there."""
    start, end = line.end, following.words_start
    if not is_hyphenated(sent, line, following):
        is_spaced = not (is_ideograph(sent[start - 1]) and is_ideograph(sent[end]))
        return Gap((start, end), sent[start:end]), " " if is_spaced else ""
    written = sent[start:end]
    is_divided = (
        sent[start - 1] != "-" or sent[end] == "-" or _is_divided(sent, line, following, count_tokens)
    )
    return Gap((start - is_divided, end), written), ""


def _is_divided(sent: str, line: Line, following: Line, count_tokens: CountTokens) -> bool:
    """Whether a hyphen at the end of a line is there for the line alone.

    A word that is in the vocabulary takes fewer tokens than its halves do, which are seldom words.
    """
    first = re.split(r"[^\w'’]", sent[line.words_start : line.end].rstrip(_HYPHENS))[-1]
    second = re.split(r"[^\w'’]", sent[following.words_start : following.end], maxsplit=1)[0]
    if f"{first}-{second}" in sent:
        return False
    return count_tokens(first + second) < count_tokens(first) + count_tokens(second)
