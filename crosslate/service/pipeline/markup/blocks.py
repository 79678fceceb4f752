"""Marked-up text in blocks: what is read in one go, with the tags that stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.markup.pieces import Kind, Piece
from crosslate.service.pipeline.markup.roles import Role, Roles
from crosslate.service.pipeline.text.words import is_unspaced

BLANKS = r" \t\n\r\f\xa0\u2000-\u200a\u202f\u205f"
"""Of a class of characters in a pattern: what parts words, however much of it stands there."""
# Single blanks between words are read as they are, and need no item of their own.
RUN = re.compile(rf"(?P<blank>[{BLANKS}]+)|[^{BLANKS}]+(?: [^{BLANKS}]+)*")
_OF_RUBY = frozenset({"rb", "rp", "rt", "rtc"})
_PRINTS = re.compile(r"<\?(?:=|php\s+(?:echo|print)\b)")
"""An instruction that writes something where it stands."""
_HIDDEN_SIGNS = "\xad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""What nobody sees: mails are filled up with it behind what is shown of them in a list."""
_ENDS_SENTENCE = re.compile(r"[.!?:;…。！？：；][\"'”’»)\]]*$")


class Part(Enum):
    """What a piece of a block is."""

    WORDS = "words"
    KEPT = "kept"
    """Stands for a word, and stays as it is."""
    BLANK = "blank"
    START = "start"
    END = "end"
    POINT = "point"
    """Nothing that is read."""
    BREAK = "break"
    """Of a line; within a sentence a blank to who reads it."""

    def __init__(self, name: str) -> None:
        self.is_read = name in ("words", "kept")
        """Whether a model is to read it."""
        self.is_text = self.is_read or name == "blank"
        """Whether no tag stands there."""


class Item(NamedTuple):
    """A piece of a block."""

    part: Part
    span: Span
    text: str = ""
    """Of words and blanks: as it is read."""
    name: str = ""
    """Of tags."""


def blocks_of(
    text: str, pieces: Sequence[Piece], roles: Roles, *, keeps_lines: bool = False
) -> Iterator[list[Item]]:
    """The blocks with something to read in them, in order.

    Args:
        text: all of it.
        pieces: of the text.
        roles: of its elements.
        keeps_lines: take no break for the end of a sentence.
    """
    block: list[Item] = []
    for item in (*_items(text, pieces, roles), None):
        if item is not None:
            block.append(item)
            continue
        for line in [block] if keeps_lines else _lines(text, block):
            parts = [one.part for one in line]
            if Part.WORDS not in parts and Part.KEPT not in parts:
                continue
            if Part.BREAK in parts:
                yield [one._replace(part=Part.BLANK) if one.part is Part.BREAK else one for one in line]
            else:
                yield line
        block = []


def _items(text: str, pieces: Sequence[Piece], roles: Roles) -> Iterator[Item | None]:
    """All that is in blocks; None where one ends."""
    at = 0
    while at < len(pieces):
        piece, start = pieces[at], at
        at += 1
        match piece.kind:
            case Kind.TEXT:
                yield from _runs(piece)
            case Kind.END:
                is_block = roles.of(piece) in (Role.BLOCK, Role.KEPT_BLOCK)
                yield None if is_block else Item(Part.END, piece.span, name=piece.name)
            case Kind.REFERENCE:
                yield _reference(text, piece)
            case Kind.CDATA:
                has_words = any(map(str.isalnum, text[slice(*piece.span)][9:-3]))
                yield Item(Part.KEPT if has_words else Part.POINT, piece.span)
            case Kind.OTHER:
                yield Item(Part.KEPT if _PRINTS.match(text, *piece.span) else Part.POINT, piece.span)
            case Kind.START | Kind.EMPTY:
                role = roles.of(piece)
                if piece.kind is Kind.START and role in (Role.KEPT, Role.KEPT_BLOCK, Role.HIDDEN):
                    at = end_of_element(pieces, at, roles)
                yield _tag(text, pieces[start:at], role)


def _tag(text: str, pieces: Sequence[Piece], role: Role) -> Item | None:
    """A tag that begins an element; for one that is kept or hidden, all of the element."""
    piece, start = pieces[0], pieces[0].span[0]
    whole = start, start + len(text[start : pieces[-1].span[1]].rstrip())
    match role:
        case Role.BLOCK | Role.KEPT_BLOCK:
            return None
        case Role.KEPT:
            return Item(Part.KEPT if _stands_for_word(text, pieces, whole) else Part.POINT, whole)
        case Role.HIDDEN:
            return Item(Part.POINT, whole)
        case Role.BREAK:
            return Item(Part.BREAK, whole, " ")
    if piece.kind is Kind.EMPTY:
        return Item(Part.POINT, whole)
    return Item(Part.START, whole, name=piece.name)


def _stands_for_word(text: str, pieces: Sequence[Piece], span: Span) -> bool:
    """Of a kept element: whether there are words in it, or it stands where a word would."""
    if any(any(map(str.isalnum, piece.text)) for piece in pieces):
        return True
    beside = text[max(span[0] - 1, 0) : span[0]] + text[span[1] : span[1] + 1]
    return all(not one.isalnum() or is_unspaced(one) for one in beside)


def end_of_element(pieces: Sequence[Piece], at: int, roles: Roles) -> int:
    """Behind the last piece of the element whose tag is before `at`; a number of pieces, as `at` is."""
    name, depth = pieces[at - 1].name, 1
    while at < len(pieces) and depth:
        piece = pieces[at]
        if _ends_unclosed(name, piece, roles):
            return at
        depth += (piece.kind is Kind.START and piece.name == name) - (
            piece.kind is Kind.END and piece.name == name
        )
        at += 1
    return at


def _ends_unclosed(name: str, piece: Piece, roles: Roles) -> bool:
    """Whether an element of HTML that need not be closed ends before a tag."""
    if name == "p":
        return piece.kind is Kind.START and roles.of(piece) is Role.BLOCK
    if name not in _OF_RUBY or piece.kind not in (Kind.START, Kind.END):
        return False
    is_next = piece.name in (_OF_RUBY if piece.kind is Kind.START else ("ruby",))
    return is_next or roles.of(piece) is Role.BLOCK


def _runs(piece: Piece) -> Iterator[Item]:
    end = piece.span[0]
    for match in RUN.finditer(piece.text):  # which together are all of it
        start, words = end, match.group()
        end += len(words)
        yield Item(Part.WORDS if match.lastindex is None else Part.BLANK, (start, end), words)


def _reference(text: str, piece: Piece) -> Item:
    if piece.text == text[slice(*piece.span)]:  # of an entity that is declared elsewhere
        return Item(Part.POINT, piece.span)
    if piece.text in _HIDDEN_SIGNS and not _is_within_word(text, piece.span):
        return Item(Part.POINT, piece.span)
    if re.fullmatch(f"[{BLANKS}]", piece.text):
        return Item(Part.BLANK, piece.span, " ")
    return Item(Part.WORDS, piece.span, piece.text)


def _is_within_word(text: str, span: Span) -> bool:
    start, end = span
    return start > 0 and text[start - 1].isalnum() and text[end : end + 1].isalnum()


def _lines(text: str, block: Sequence[Item]) -> Iterator[list[Item]]:
    """Parted where a line ends and the next one does not go on in it, and between labels."""
    line: list[Item] = []
    is_menu: bool | None = None
    before: Part | None = None
    for number, item in enumerate(block):
        part, before_it, before = item.part, before, item.part
        ends = part is Part.BREAK and not _goes_on(block, number)
        if part is Part.START and before_it is Part.END:
            ends = _are_labels(block, number)
            if not ends and _are_links(text, block, number):
                is_menu = _is_menu(block) if is_menu is None else is_menu
                ends = is_menu
                if not is_menu:
                    line.append(Item(Part.BLANK, (item.span[0], item.span[0]), " "))
        if ends:
            yield line
            line = []
        line.append(item)
    yield line


def _are_labels(block: Sequence[Item], number: int) -> bool:
    """Whether two elements that touch are words of their own, as in `<a>Home</a><a>About</a>`."""
    before = _next_but(block, number, -1, (Part.START, Part.END))
    after = _next_but(block, number, 1, (Part.START, Part.END))
    return (
        before is not None and after is not None and before.text[-1:].islower() and after.text[:1].isupper()
    )


def _are_links(text: str, block: Sequence[Item], number: int) -> bool:
    """Whether two links to different places touch with a word each: a page shows them apart."""
    if block[number].name != "a" or block[number - 1].name != "a":
        return False
    before = _next_but(block, number, -1, (Part.START, Part.END))
    after = _next_but(block, number, 1, (Part.START, Part.END))
    if before is None or after is None or not (before.text[-1:].isalpha() and after.text[:1].isalpha()):
        return False
    opening = next(
        (one for one in reversed(block[:number]) if one[0] is Part.START and one.name == "a"), None
    )
    return opening is not None and text[slice(*opening.span)] != text[slice(*block[number].span)]


def _is_menu(block: Sequence[Item]) -> bool:
    """Whether all that is read of a block stands in links."""
    depth = 0
    for item in block:
        if item.name == "a":
            depth += 1 if item.part is Part.START else -1
        elif item.part.is_read and depth < 1:
            return False
    return True


def _goes_on(block: Sequence[Item], number: int) -> bool:
    """Whether a sentence does across a single break: the next line begins in lower case."""
    tags = (Part.START, Part.END, Part.POINT, Part.BLANK)
    before, after = _next_but(block, number, -1, tags), _next_but(block, number, 1, tags)
    if before is None or after is None or Part.BREAK in (before.part, after.part):
        return False
    return after.text[:1].islower() and _ENDS_SENTENCE.search(before.text) is None


def _next_but(block: Sequence[Item], number: int, step: int, parts: Sequence[Part]) -> Item | None:
    """The next item, or the one before, that is none of some parts."""
    number += step
    while 0 <= number < len(block):
        if block[number].part not in parts:
            return block[number]
        number += step
    return None
