"""Where sentences end: `sentencex`'s ends, with those put right that it is wrong about.

It ends sentences after abbreviations that it does not know (`Av. da Liberdade`), within ordinals (`n.º`) and
before closing brackets. It ends none after words that look like abbreviations to it (`in May.`, `told me.`).
"""

from __future__ import annotations

import re
from itertools import accumulate

import sentencex  # type: ignore[import-untyped]

from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.sentences.abbreviations import ABBREVIATIONS, Abbreviations
from crosslate.service.pipeline.sentences.apostrophes import opens_at, plain_of_false_quotes
from crosslate.service.pipeline.sentences.sentence_rules import further_ends, goes_on

_LOOK_BACK = 32
"""Characters: no abbreviation is longer."""
_CLOSING = ")]»”’）"
_SUPERSCRIPTS = "¹²³⁰⁴⁵⁶⁷⁸⁹"
"""Of notes."""
_BELONGING = frozenset(_CLOSING + _SUPERSCRIPTS)
_CLOSES = re.compile(r"(?<=\S)[\"'](?!\S)")
_OPENING = "([{«“‘\"'¿¡"
_ORDINAL = "ºª°"
_CLOSED_QUESTION = re.compile(r"[.!?…][\"”’»)\]]+\s*$")
_LAST_WORD = re.compile(r"[^\s/–—]+$")
# Each begins with what few places of a text have, and only then looks back.
_RUN_OF_MARKS = re.compile(r"[!?]{2,}[\"”’»)]*\s+(?=[A-Z])")
_IN_BRACKETS = re.compile(r"\((?<!\S\()[^()]*[.!?…]\)\s+(?=[“\"«(]?[^\W\d_])")
_POINT = re.compile(r"\.[\"”’»)]*\s+(?=[“\"«(¿¡]?[^\W\d_])")
_WORD_BEFORE = re.compile(r"(?<![\w.])[^\W\d_]+$")
_ROMAN = re.compile(r"[IVXLC](?<=\s[IVXLC])[IVXLC]+\.\s+(?=[^\W\d_](?:[^\W\dA-Z_]|\s))")
_POINT_OF_NAME = re.compile(r"(?:(?<!\S)|(?<![^\W_])[A-Z]{2,})\.$")
"""A name such as `.NET` begins with it, and `ASP.NET` has it within."""
_HALVES_OF_DAY = frozenset({"a.m", "p.m"})
_OF_TIME = re.compile(
    r"\s*(?:(?:[ECMP][SD]?T|A[EW]ST|CES?T|E?EST|GMT|UTC|BST|IST|JST)\b"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b(?:[.,;)]|$"
    r"| (?:in|at|on|and|to|for|with|through|until|after|before|morning|afternoon|evening|night)\b))"
)
"""What belongs to a time of day before it: a zone, or a day of the week with which no sentence begins."""
_BEHIND_TIME = re.compile(
    r"[ap]\.m\.\s+(?=(?:Bring|Bye|Call|Can|Cheers|Come|Could|Do|Don['’]t|Hope|Let|Looking|Many|No|Ok(?:ay)?|OK"
    r"|Please|See|Sorry|Talk|Thank(?:s| you)|Then|What|Where|Will you|Would|Yes)\b)"
)
"""Words with which a sentence begins, and that are no names."""

# `sentencex` takes the blank before an initial for one byte: a no-break space in `vitamin A .` ends it.
_PLAIN_BLANKS = {
    code: "\n" if chr(code) in "\x85\u2028\u2029" else " "
    for code in range(0x80, 0x3001)
    if chr(code).isspace()
}


def sentence_ends(text: str, lang: str) -> list[int]:
    """Where each sentence of `text` ends, blanks after it included; the last one is the text's end."""
    plain = plain_of_false_quotes(text.translate(_PLAIN_BLANKS), lang)
    found = accumulate(map(len, sentencex.segment(lang, plain)))
    known = ABBREVIATIONS.get(base_language(lang))
    closed = ((end, _after_closing(text, end)) for end in found if not _goes_on(text, end, known))
    ends = {last for end, last in closed if last == end or not _goes_on(text, last, known)}
    if known is None:
        ends = {end for end in ends if end == len(text) or not goes_on(text, end, lang)}
        ends.update(further_ends(text, lang))
    ends.update(_missed(text, known))
    if text:
        ends.add(len(text))
    return sorted(ends)


def _after_closing(text: str, end: int) -> int:
    """Brackets that close, and marks of notes, belong to the sentence before, with the blanks that follow.

    What a word begins with does not.
    """
    if opens_at(text, end - 1):
        return end - 1
    last = end
    while (text[last : last + 1] in _BELONGING and not opens_at(text, last)) or _CLOSES.match(text, last):
        last += 1
    if last > end:
        while last < len(text) and text[last].isspace():
            last += 1
    return last


def _goes_on(text: str, end: int, known: Abbreviations | None) -> bool:
    """Whether the sentence does not end here."""
    if end == len(text):
        return False
    after = text[end:].lstrip()[:1] if text[end].isspace() else text[end]
    before = text[max(0, end - _LOOK_BACK) : end]
    has_blank = before[-1:].isspace() or text[end].isspace()
    if not has_blank and (after in _ORDINAL or _is_letter_with_point(before)):
        return True
    if not has_blank and text[end : end + 2].isupper() and _POINT_OF_NAME.search(before):
        return True
    if known is None:
        return False
    if after.islower() and _CLOSED_QUESTION.search(before):
        return True
    word = _abbreviated(before.rstrip())
    return word is not None and _needs_more(word, text, end, after, known)


def _needs_more(word: str, text: str, end: int, after: str, known: Abbreviations) -> bool:
    """Whether a sentence goes on behind an abbreviation that ends at `end`, where `after` follows."""
    if _is_in(known.leading, word) or (word.lower() in _HALVES_OF_DAY and _OF_TIME.match(text, end)):
        return True
    return (after.islower() or after.isdigit()) and _is_in(known.open, word)


def _missed(text: str, known: Abbreviations | None) -> set[int]:
    """Ends that were not found."""
    if known is None:
        return set()
    found = (pattern.finditer(text) for pattern in (_RUN_OF_MARKS, _IN_BRACKETS, _ROMAN))
    ends = {match.end() for matches in found for match in matches if text[match.end()].isupper()}
    ends.update(match.end() for match in _BEHIND_TIME.finditer(text))
    for point in _POINT.finditer(text):
        at, end = point.span()
        word = _WORD_BEFORE.search(text, max(0, at - _LOOK_BACK), at)
        if word is not None and word.group() in known.words and _begins_with_capital(text, end):
            ends.add(end)
    return ends


def _begins_with_capital(text: str, start: int) -> bool:
    return text[start : start + 2].lstrip(_OPENING)[:1].isupper()


def _is_letter_with_point(before: str) -> bool:
    """`a.C.`, `n.º`: no blank after the point."""
    word = _abbreviated(before)
    return word is not None and len(word.rsplit(".", 1)[-1]) == 1 and word[-1].isalpha()


def _abbreviated(before: str) -> str | None:
    """The last word without its point; None where there is none."""
    match = _LAST_WORD.search(before)
    if match is None or not match.group().endswith("."):
        return None
    return match.group().lstrip(_OPENING)[:-1] or None


def _is_in(entries: frozenset[str], word: str) -> bool:
    return word in entries or word.lower() in entries
