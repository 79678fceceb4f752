"""Elements of XLIFF that stand for something of a text's own format: a value, a tag, the end of a line.

`You have <x id="1" equiv-text="{{count}}"/> messages`: without a word in that place a model would translate
another sentence. Version 1.2 says what they are in `ctype` and `equiv-text`, version 2 in `type`, `subType`,
`disp` and `equiv`; many files say nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from crosslate.service.pipeline.markup.pieces import Kind, Piece


class Meaning(Enum):
    """What an element without words stands for."""

    FORMAT = "format"
    """Nothing that is read."""
    VALUE = "value"
    """What a program puts there: a word to who reads the sentence."""
    LINE_END = "line end"


_FORMATS = frozenset(
    {"a", "b", "bold", "em", "fmt", "font", "i", "image", "img", "italic", "link", "quote", "small", "span"}
    | {"strong", "sub", "sup", "u", "underlined"}
)
_LINE_ENDS = frozenset({"br", "lb", "pb"})
_PREFIX = re.compile(r"(?:x-|xlf:)?(?:html-)?")
_LINE_END = re.compile(r"\s*(?:<(?:br|hr)\b[^>]*>|LINE_BREAK|(?:\\[rn])+)\s*|\s*[\r\n]\s*", re.IGNORECASE)
_TAG = re.compile(r"\s*<[/!?]?[A-Za-z]|\s*\[/?[a-z]+\]\s*$|(?:START|CLOSE|TAG)_[A-Z]|&\w+;|\\")
"""What is markup in the format of the text itself; Angular names it, besides."""
_OF_ANGULAR = re.compile(r"(?:START|CLOSE|TAG)_|LINE_BREAK|INTERPOLATION|ICU|PH(?:_|$)")
_PAIR = re.compile(
    r"\s*<(?P<closing>/?)(?P<name>[A-Za-z][\w:.-]*)(?:[^>]*[^/>])?>|(?P<side>START|CLOSE)_(?P<named>\w+?)(?:_\d+)?"
)
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "wbr"})
_OPENING, _CLOSING = "([{\"'“‘«", ".,;:!?…)]}\"'”’»%"


def meaning_of(attributes: Mapping[str, str], content: str = "") -> Meaning | None:
    """What an element says that it stands for; None where it says nothing.

    Args:
        attributes: of the element.
        content: of an element, or of the data that it refers to: what stands there in the text's own format.
    """
    said = attributes.get("ctype") or attributes.get("subType") or attributes.get("type") or ""
    kind = _PREFIX.sub("", said.lower(), count=1)
    code = _code(attributes, content)
    if kind in _LINE_ENDS or _LINE_END.fullmatch(code) is not None:
        return Meaning.LINE_END
    if kind in _FORMATS or _TAG.match(code) is not None:
        return Meaning.FORMAT
    if code.strip():
        return Meaning.VALUE if any(map(str.isalnum, code)) or "%" in code else Meaning.FORMAT
    return Meaning.VALUE if kind else None


def half_of_pair(attributes: Mapping[str, str], content: str = "") -> tuple[bool, str] | None:
    """Of an element that stands for a tag around words: whether it closes, and what; None for any other.

    Args:
        attributes: as those of `meaning_of`.
        content: likewise.
    """
    found = _PAIR.fullmatch(_code(attributes, content))
    if found is None or (found["name"] or "").lower() in _VOID:
        return None
    return found["closing"] == "/" or found["side"] == "CLOSE", found["name"] or found["named"]


def stands_free(before: str, after: str) -> bool:
    """Whether a word would stand between these texts, one of them empty at an end of the sentence."""
    if not (before or after):
        return False
    before, after = before[-1:], after[:1]
    return (not before.strip() or before in _OPENING) and (not after.strip() or after in _CLOSING)


def meanings(pieces: Sequence[Piece], names: frozenset[str]) -> dict[int, Meaning]:
    """Of empty elements with one of some names: where each begins, and what it stands for.

    One that says nothing of itself is a value where a word would stand.
    """
    found: dict[int, Meaning] = {}
    for start, end in _empty_elements(pieces, names):
        meaning = meaning_of(pieces[start].attributes)
        if meaning is None and _stands_free(pieces, start, end):
            meaning = Meaning.VALUE
        if meaning is not None and (meaning is not Meaning.LINE_END or start == end):
            found[pieces[start].span[0]] = meaning
    return found


def _empty_elements(pieces: Sequence[Piece], names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The numbers of the first and the last piece of each."""
    for number, piece in enumerate(pieces):
        if piece.name not in names:
            continue
        if piece.kind is Kind.EMPTY:
            yield number, number
        elif piece.kind is Kind.START:
            following = pieces[number + 1 : number + 2]
            if following and following[0].kind is Kind.END:
                yield number, number + 1


def _stands_free(pieces: Sequence[Piece], start: int, end: int) -> bool:
    before = _text(pieces[start - 1 : start], Kind.START)
    after = _text(pieces[end + 1 : end + 2], Kind.END)
    return before is not None and after is not None and stands_free(before, after)


def _text(beside: Sequence[Piece], border: Kind) -> str | None:
    """What is read beside an element, nothing at the end of a sentence; None of another element."""
    for piece in beside:
        if piece.kind not in (Kind.TEXT, Kind.REFERENCE):
            return "" if piece.kind is border else None
        return piece.text
    return ""


def _code(attributes: Mapping[str, str], content: str) -> str:
    """What stands there in the text's own format, or failing that what it is called."""
    shown = attributes.get("equiv-text") or attributes.get("disp") or content or attributes.get("equiv")
    if not shown and _OF_ANGULAR.match(attributes.get("id", "")) is not None:
        shown = attributes["id"]
    return html.unescape(shown or "")
