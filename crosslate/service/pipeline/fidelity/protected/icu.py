"""ICU messages: plurals and choices, whose branches are translated and whose syntax is not.

`You have {n, plural, one {# file} other {# files}}.` is read as one sentence for each branch, as translators
are told to write them: no branch can be translated well without what stands around it. The grammar is that of
https://unicode-org.github.io/icu/userguide/format_parse/messages/.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span

MAX_DEPTH = 8
MAX_BRANCHES = 64
"""Sentences that one is read as: branches of several arguments multiply."""

_ARGUMENT = re.compile(
    r"\{\s*[\w.\-]{1,64}\s*,\s*(?P<type>plural|selectordinal|select)\s*,\s*(?:offset:\s*\d{1,9}\s*)?"
)
CHOICE = r"\{\s?[\w.]{1,64}\s?,\s?choice\s?,(?:[^{}\n]|\{[^{}\n]{0,80}\}){1,400}\}"
_CHOICE = re.compile(CHOICE)
_SELECTOR = re.compile(r"\s*(?:=\d{1,9}|[\w\-]{1,64})\s*\{")
_END = re.compile(r"\s*\}")
_INTERESTING = re.compile(r"[{}#']")
_QUOTED = re.compile(r"''|'[{}#|][^']*(?:''[^']*)*'")


@dataclass(frozen=True, slots=True)
class Branch:
    """What is said in one case; spans are of the whole text."""

    span: Span
    """Between the braces."""
    inner: Sequence[Argument]
    numerals: Sequence[Span]
    """Each `#` that stands for the number."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A plural or a choice, braces included."""

    span: Span
    branches: Sequence[Branch]


def arguments(text: str) -> list[Argument]:
    """The outermost plurals and choices of a text, in order. What is not well formed is none."""
    found: list[Argument] = []
    at = 0
    while (start := text.find("{", at)) >= 0:
        argument = _argument(text, start, depth=0, has_number=False)
        if argument is None:
            at = start + 1
        else:
            found.append(argument)
            at = argument.span[1]
    return found


def choices(text: str) -> list[Span]:
    """Choices in Java's older format, `{0,choice,0#none|1#one}`, which stay as they are."""
    return [match.span() for match in _CHOICE.finditer(text)] if "choice" in text else []


def _argument(text: str, start: int, depth: int, *, has_number: bool) -> Argument | None:
    opening = _ARGUMENT.match(text, start)
    if opening is None or depth >= MAX_DEPTH:
        return None
    has_number = has_number or opening["type"] != "select"
    branches: list[Branch] = []
    at = opening.end()
    while (selector := _SELECTOR.match(text, at)) is not None:
        branch = _branch(text, selector.end(), depth, has_number=has_number)
        if branch is None:
            return None
        branches.append(branch)
        at = branch.span[1] + 1
    end = _END.match(text, at)
    return Argument((start, end.end()), branches) if end is not None and branches else None


def _branch(text: str, start: int, depth: int, *, has_number: bool) -> Branch | None:
    """From behind the opening brace to the closing one."""
    inner: list[Argument] = []
    numerals: list[Span] = []
    at, num_open = start, 0
    while (sign := _INTERESTING.search(text, at)) is not None:
        at = sign.end()
        match sign.group():
            case "'":
                quoted = _QUOTED.match(text, sign.start())
                at = at if quoted is None else quoted.end()
            case "#":
                if has_number:
                    numerals.append(sign.span())
            case "{":
                if _ARGUMENT.match(text, sign.start()) is None:
                    num_open += 1
                    continue
                argument = _argument(text, sign.start(), depth + 1, has_number=has_number)
                if argument is None:  # nor is the whole well formed: looked at again, it would take long
                    return None
                inner.append(argument)
                at = argument.span[1]
            case _:
                if num_open == 0:
                    return Branch((start, sign.start()), inner, numerals)
                num_open -= 1
    return None


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the sentences that a text with arguments says."""

    before: str
    """Syntax that is to stand before it in the translation."""
    pieces: Sequence[Span]
    """Of the text: what it is made of, in order."""
    numerals: Sequence[Span]
    """Each `#` in them that stands for a number."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """A stretch of text as the sentences that it says."""

    variants: Sequence[Variant]
    after: str
    """Syntax behind the last of them."""


_Item = Span | Argument


def expanded(text: str, span: Span, found: Sequence[Argument]) -> Expansion | None:
    """A stretch of `text` in which `found` stand; None where it says more than `MAX_BRANCHES` sentences."""
    items = _items(span, found)
    return _expanded(text, items, ()) if _num_variants(items) <= MAX_BRANCHES else None


def _items(span: Span, inner: Sequence[Argument]) -> list[_Item]:
    items: list[_Item] = []
    at = span[0]
    for argument in inner:
        items += [(at, argument.span[0]), argument]
        at = argument.span[1]
    return [*items, (at, span[1])]


def _num_variants(items: Sequence[_Item]) -> int:
    num = 1
    for item in items:
        if isinstance(item, Argument):
            num *= sum(_num_variants(_items(branch.span, branch.inner)) for branch in item.branches)
    return num


def _expanded(text: str, items: Sequence[_Item], numerals: Sequence[Span]) -> Expansion:
    found = ((i, item) for i, item in enumerate(items) if isinstance(item, Argument))
    at, argument = next(found, (0, None))
    if argument is None:
        pieces = [item for item in items if not isinstance(item, Argument)]
        return Expansion([Variant("", pieces, numerals)], "")
    variants: list[Variant] = []
    last = argument.span[0]
    syntax = ""
    for branch in argument.branches:
        syntax += text[last : branch.span[0]]
        said = [*items[:at], *_items(branch.span, branch.inner), *items[at + 1 :]]
        inner = _expanded(text, said, [*numerals, *branch.numerals])
        first, *others = inner.variants
        variants += [dataclasses.replace(first, before=syntax + first.before), *others]
        syntax, last = inner.after, branch.span[1]
    return Expansion(variants, syntax + text[last : argument.span[1]])
