"""Which lines of a plain text were one before somebody, or a program, broke them at a margin.

Where this is wrong little is lost: what is joined is wrapped again at the corresponding places. So verses and
lists that are taken for prose keep their number of lines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.language.marks import CLAUSE_MARKS, SENTENCE_MARKS
from crosslate.service.pipeline.layout.plain.lines import SINGLE_LINE_END, Line
from crosslate.service.pipeline.layout.plain.open_words import OPEN_WORDS
from crosslate.service.pipeline.text.words import is_unspaced
from crosslate.service.pipeline.types import LineBreaks

_MIN_WIDTH, _MIN_WIDTH_OF_PROSE = 30, 40
"""Characters of the longest line, from which on the lengths of lines say something."""
_HYPHEN = re.compile(r"[^\W\d_][-\xad\u2010]$")
_ENDS_IN_MARK = re.compile(rf"[.!?…:;,{SENTENCE_MARKS}{CLAUSE_MARKS}][\"'”’»)\]]*$")
_ENDS_SENTENCE = re.compile(rf"[.!?…:：{SENTENCE_MARKS}][\"'”’»)\]]*$")
_OF_PROGRAM = re.compile(r"(?:note|warning|error|help|hint|info|fatal|nota|aviso|erro|dica): ")
"""What messages of compilers begin with."""
_FIRST_WORD = re.compile(r"\S+")
_LAST_WORD = re.compile(r"(?<![\w-])([^\W\d_]+)$")


def groups(text: str, lines: Sequence[Line], line_breaks: LineBreaks, lang: str) -> list[list[Line]]:
    """The lines, each group of them to be read as one."""
    if line_breaks == "keep":
        return [[line] for line in lines]
    found: list[list[Line]] = []
    for block in _blocks(text, lines):
        decide = _Block(text, block, lang).runs_on if line_breaks == "auto" else None
        found.append([block[0]])
        for number, line in enumerate(block[1:]):
            if decide is None or decide(number):
                found[-1].append(line)
            else:
                found.append([line])
    return found


def is_hyphenated(text: str, line: Line, following: Line) -> bool:
    """Whether a word goes on in the next line; a hyphen of its own may stand in both: `liga-`, `-me`."""
    start = following.words_start
    first = text[start : start + 2].removeprefix("-")[:1]
    return first.islower() and _HYPHEN.search(text, line.words_start, line.end) is not None


def _blocks(text: str, lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines that nothing separates for certain."""
    block: list[Line] = []
    for line in lines:
        if block and not _may_join(text, block, line):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _may_join(text: str, block: Sequence[Line], line: Line) -> bool:
    before, first = block[-1], block[0]
    if before.stands_alone or line.stands_alone or before.depth != line.depth:
        return False
    if not before.cells or not line.cells:
        return False
    if SINGLE_LINE_END.fullmatch(text[before.end : line.start].lstrip(" \t\xa0")) is None:
        return False
    if line.mark and not (line.is_comment and line.mark == first.mark == before.mark):
        return False
    if first.mark and not line.mark:  # the rest of an item hangs below its words
        return len(line.indent) > len(first.indent) or not first.is_comment
    return len(line.indent) <= len(before.indent)


class _Block:
    """Lines below each other, as evidence for each other."""

    def __init__(self, text: str, lines: Sequence[Line], lang: str) -> None:
        self._text = text
        self._lines = lines
        self._open_words = OPEN_WORDS.get(base_language(lang), frozenset())
        self._words = [text[line.words_start : line.end] for line in lines]
        self._width = max(line.end - line.start for line in lines)
        ends = self._words[:-1]
        self._is_verse = len(ends) > 1 and all(map(_ENDS_IN_MARK.search, ends))
        self._ends_sentence = _ENDS_SENTENCE.search(self._words[-1]) is not None
        self._is_prose = self._has_prose_line()

    def runs_on(self, number: int) -> bool:
        """Whether the line of this number goes on in the next one."""
        if is_hyphenated(self._text, self._lines[number], self._lines[number + 1]):
            return True
        words, following = self._words[number], self._words[number + 1]
        if self._is_verse or _OF_PROGRAM.match(following) is not None:
            return False
        if _is_caseless(words[-1]) and _is_caseless(following[0]):
            return self._is_full(number, _MIN_WIDTH // 2)
        if _ENDS_IN_MARK.search(words):
            return following[0].islower() and self._is_full(number, _MIN_WIDTH)
        return self._ends_open(words) or self._is_amid_sentence(number)

    def _is_amid_sentence(self, number: int) -> bool:
        """By how the next line begins, the line itself ending in a word."""
        is_full = self._is_full(number, _MIN_WIDTH_OF_PROSE)
        if self._words[number + 1][0].islower():
            begins_as_sentence = not self._words[0][0].islower()
            return is_full or (begins_as_sentence and self._ends_sentence)
        return is_full and self._is_prose

    def _is_full(self, number: int, least: int) -> bool:
        """Whether the next line's first word would have been too much for this line."""
        line = self._lines[number]
        word = _FIRST_WORD.match(self._words[number + 1])
        size = len(word.group()) if word and not is_unspaced(word.group()[0]) else 1
        return self._width >= least and line.end - line.start + 1 + size > self._width

    def _ends_open(self, words: str) -> bool:
        match = _LAST_WORD.search(words)
        return match is not None and " " in words and match[1].islower() and match[1] in self._open_words

    def _has_prose_line(self) -> bool:
        """Whether one of the lines goes on for certain."""
        ends = range(len(self._words) - 1)
        return self._ends_sentence and any(
            self._words[i + 1][0].islower()
            and self._is_full(i, _MIN_WIDTH_OF_PROSE)
            and not _ENDS_IN_MARK.search(self._words[i])
            for i in ends
        )


def _is_caseless(character: str) -> bool:
    return (character.isalpha() or unicodedata.category(character)[0] == "M") and (
        character.lower() == character.upper()
    )
