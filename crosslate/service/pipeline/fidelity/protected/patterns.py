"""What in a text is not language: placeholders, tags, addresses, codes, emoji. It is copied, not translated.

One scan, in time linear in the text, for what `expressions` describes. What looks like one of these but might
be words is left to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import regex

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.protected.chemistry import HYDRATES
from crosslate.service.pipeline.fidelity.protected.date_forms import DATE_FORM
from crosslate.service.pipeline.fidelity.protected.expressions import (
    ADDRESSES,
    CALLS,
    CODES,
    COMPARISONS,
    DEGREES,
    EMOJI,
    EMOTICONS,
    FIRM,
    FORMULAS,
    GROUP,
    GROUPS,
    JOINED,
    KANA,
    LETTERED_SECTIONS,
    LOCALHOST,
    MARKED_ADDRESSES,
    OPTIONS,
    PLACEHOLDERS,
    POWERS,
    RELATION,
    SCHEDULES,
    SECONDS,
    SERIALS,
    SHEET_FORMULAS,
    SIZES,
    SPACED,
    STAMPS,
    TAGS,
)
from crosslate.service.pipeline.fidelity.protected.forum_tags import forum_code, forum_tags
from crosslate.service.pipeline.fidelity.protected.game_codes import colour_codes
from crosslate.service.pipeline.fidelity.protected.id_labels import id_labels
from crosslate.service.pipeline.fidelity.protected.laughter import laughter
from crosslate.service.pipeline.fidelity.protected.named_ends import with_named_ends
from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected, without_overlaps
from crosslate.service.pipeline.fidelity.protected.statements import statements
from crosslate.service.pipeline.language.person_names import is_name_with_particle
from crosslate.service.pipeline.text.bare_sentences import is_bare

_HIRAGANA = re.compile("[\u3040-\u309f]")
_JOINED_LETTERS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Of scripts without blanks between words, and Hangul, which writes small words in one with an address."""
_SIGNS = re.compile(r"[@/\\_\d=]|[.:\-]\w|\(\)|[ol]:|::")
"""A chunk without any of these tells nothing."""
_BLANK = re.compile(r"\s")
_TELLING = re.compile(
    r"[A-Za-z0-9][@/\\_]|~/|:[/\\]|[\w)][.:\-=]\w|::|\(\)|\d[(°]\w|\d[A-Za-z]|[A-Za-z]\d|^[^\w\s]?(?:\+\d|0\d\d|\d{3,4}$)|^\(\d{2,4}\)|mailto:|tel:"
)
"""In a chunk: an address or a code may begin in it."""
_PLAIN_NUMBER = re.compile(
    r"[^\w\s+#(]?\d{1,3}(?:[.,]\d+)?[^\w\s]{0,2}|[12]\d{3}[^\w\s]{0,2}|[A-Za-z]+-[A-Za-z]+\W?"
)
"""What is none, though it looks telling."""


def _any_of(name: str, alternatives: tuple[str, ...]) -> str:
    return f"(?P<{name}>{'|'.join(alternatives)})"


_MARKED = re.compile(
    "|".join(
        (
            _any_of(Kind.CODE, CODES),
            _any_of(Kind.EMOJI, EMOTICONS),
            _any_of(Kind.PLACEHOLDER, PLACEHOLDERS),
            _any_of(Kind.TAG, TAGS),
            _any_of(Kind.ADDRESS, MARKED_ADDRESSES),
        )
    )
)
_MARKS = re.compile(r"[`{$#@%<&\[_~:\\/.;=^¯\x1b*(]")
"""What each of these begins with."""
_WRITTEN = re.compile("|".join((_any_of(Kind.ADDRESS, ADDRESSES), _any_of(Kind.NUMBER, SERIALS))))
_IN_GROUPS = re.compile(_any_of(Kind.NUMBER, SPACED))
_OPENING = re.compile(r"[^\w+]{0,2}")
_EMOJI_RUNS = regex.compile(EMOJI, regex.VERSION1)
_SIZES, _FORMULAS, _RELATION, _FIRM, _SECONDS = map(re.compile, (SIZES, FORMULAS, RELATION, FIRM, SECONDS))
_BY_SIGN = (
    ("(", re.compile(CALLS), Kind.CODE),
    ("=", re.compile(COMPARISONS), Kind.CODE),
    ("=", re.compile(SHEET_FORMULAS), Kind.CODE),
    ("* *", re.compile(SCHEDULES), Kind.CODE),
    ("YY", DATE_FORM, Kind.SIGN),
    ("AA", DATE_FORM, Kind.SIGN),
    ("º", re.compile(DEGREES), Kind.SIGN),
    ("--", re.compile(OPTIONS), Kind.CODE),
    ("^", re.compile(POWERS), Kind.SIGN),
    ("§", re.compile(LETTERED_SECTIONS), Kind.SIGN),
    ("·", re.compile(HYDRATES), Kind.CODE),
    (":", re.compile(STAMPS), Kind.CODE),
    ("localhost", re.compile(LOCALHOST), Kind.ADDRESS),
)
"""What is looked for where a sign is there."""
_GROUP, _GROUPS = re.compile(GROUP), re.compile(GROUPS)
_TRAILING = ".,;:!?'’\"”»…"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
"""A number with its thousands set apart, rather than a version."""
_LEAST_DIGITS, _LEAST_GROUPS, _LEAST_LENGTH = 3, 3, 6
_LETTER = re.compile(r"\s*(?:[A-HJ-Z]|[A-Z][.)]|[IVX]{2,5}[.)]?)\s*")
"""A text that is nothing else is a mark, a numeral or a choice; in English `I` alone is a word."""
_FILLED_UP = re.compile(r"(?<![\d.,])0\d")
"""No number, and no name such as `F-16`, begins so."""
_ALONE = re.compile(r"(?!\d+(?:ST|ND|RD|TH)$)(?:(?:[A-Z]{1,3}(?![A-Z])|\d+(?!\d))[\-/_.]?)+")
"""A text that is nothing else is a code, though it may be a name in a sentence; `COVID-19` may be a term."""


def protected_spans(text: str) -> Sequence[Protected]:
    """What is not to be translated, in order, without overlaps.

    Args:
        text: any text, as the caller sent it but for what is invisible in it.
    """
    found: list[Protected] = []
    has_signs = not is_bare(text)
    if has_signs and not text.isascii():
        found += (
            Protected(match.span(), Kind.EMOJI) for match in _EMOJI_RUNS.finditer(text, concurrent=False)
        )
        text = _HIRAGANA.sub(KANA, _JOINED_LETTERS.sub(JOINED, text))
    if "L" in text:
        found += (Protected(match.span(), Kind.CODE) for match in _SIZES.finditer(text))
    if has_signs and _RELATION.search(text) is not None:
        found += (Protected(match.span(), Kind.SIGN) for match in _FORMULAS.finditer(text))
    if "(" in text and _GROUP.search(text) is not None:
        found += (Protected(match.span(), Kind.SIGN) for match in _GROUPS.finditer(text))
    for sign, pattern, kind in _BY_SIGN:
        if sign in text:
            found += (Protected(match.span(), kind) for match in pattern.finditer(text))
    found += (Protected(span, Kind.ADDRESS) for span in laughter(text))
    found += (Protected(span, Kind.TAG) for span in colour_codes(text))
    found += (Protected(span, Kind.CODE) for span in statements(text))
    if ":" in text:
        found += (Protected(span, Kind.CODE) for span in id_labels(text))
    if "[/" in text or "[*]" in text:
        found += (Protected(span, Kind.CODE) for span in forum_code(text))
        found += (Protected(span, Kind.TAG) for span in forum_tags(text))
    if _FIRM.fullmatch(text) is not None or is_name_with_particle(text) or _LETTER.fullmatch(text):
        found.append(Protected((0, len(text)), Kind.ADDRESS))
    if has_signs:
        found += (Protected(match.span(), Kind.SIGN) for match in _SECONDS.finditer(text))
        found += [*_marked(text), *_written(text)]
    return with_named_ends(text, without_overlaps(found))


def _marked(text: str) -> Iterator[Protected]:
    """What begins with a sign."""
    at = 0
    while (mark := _MARKS.search(text, at)) is not None:
        match = _MARKED.match(text, mark.start())
        at = mark.end() if match is None else match.end()
        if match is not None:
            yield from _protected(text, match)


def _written(text: str) -> Iterator[Protected]:
    """What begins with a letter or digit."""
    at = 0
    for start, end in _chunks_with_signs(text):
        chunk = text[start:end]
        if end <= at or _TELLING.search(chunk) is None or _PLAIN_NUMBER.fullmatch(chunk):
            continue
        at = max(at, start)
        opening = _OPENING.match(text, at, end)
        grouped = _IN_GROUPS.match(text, at) or _IN_GROUPS.match(text, opening.end() if opening else at)
        if grouped is not None:
            at = grouped.end()
            yield from _protected(text, grouped)
        while at < end and (match := _WRITTEN.search(text, at, end)) is not None:
            at = match.end()
            yield from _protected(text, match)


def _chunks_with_signs(text: str) -> Iterator[Span]:
    """What stands between blanks, where it is not a word like most."""
    end = 0
    for sign in _SIGNS.finditer(text):
        if sign.start() < end:
            continue
        start = sign.start()
        while start > end and not text[start - 1].isspace():
            start -= 1
        blank = _BLANK.search(text, sign.end())
        end = len(text) if blank is None else blank.start()
        yield start, end


def _protected(text: str, match: re.Match[str]) -> Iterator[Protected]:
    kind = Kind(match.lastgroup or Kind.PLACEHOLDER)
    start, end = match.span()
    if kind is Kind.NUMBER and not (_is_serial(match.group()) or _is_all(text, match.group())):
        return
    if kind is Kind.ADDRESS:
        end = _without_trailing(text, start, end)
    if end > start:
        yield Protected((start, end), Kind.ADDRESS if kind is Kind.NUMBER else kind)


def _without_trailing(text: str, start: int, end: int) -> int:
    """Before the punctuation of the sentence that an address ends in, and brackets that open outside it."""
    while end > start:
        last = text[end - 1]
        opening = _PAIRS.get(last)
        if last not in _TRAILING and (
            opening is None or text.count(opening, start, end) >= text.count(last, start, end)
        ):
            break
        end -= 1
    return end


def _is_all(text: str, found: str) -> bool:
    return text.strip() == found and _ALONE.fullmatch(found) is not None


def _is_serial(found: str) -> bool:
    """Whether it is a code rather than a number, or a word such as `COVID-19`."""
    if _GROUPED.fullmatch(found):
        return False
    if not found.isupper() or "_" in found:
        return True
    digits = sum(map(str.isdigit, found))
    groups = len(re.split(r"[-/_.]", found))
    is_lettered_number = found[1:2] == "." and found[2:].isdigit()
    return (
        is_lettered_number
        or groups >= _LEAST_GROUPS
        or _FILLED_UP.search(found) is not None
        or (digits >= _LEAST_DIGITS and len(found) >= _LEAST_LENGTH)
    )
