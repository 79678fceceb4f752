"""Texts in the codes of Word's fields: entries of an index, what a letter says to whom, prompts.

A field's code makes what is shown of it, at the latest when the document is printed. So what is translated of
its result alone is gone by then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Segment, has_words
from crosslate.service.documents.inline import legal

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NESTED = "\ufffc"
"""In the place of a field inside of a code."""
_TOKEN = re.compile(rf'["“](?P<text>(?:[^"”\\]|\\.?)*+)["”]?|{_NESTED}|\\\S|[^\s"“{_NESTED}]+', re.DOTALL)
_OPERATOR = re.compile(r"[<>=]+")
_BUTTON = re.compile(r"\s*MACROBUTTON\s++\S++\s++(.*\S)", re.DOTALL | re.IGNORECASE)
_ENTRY_PART = re.compile(r"(?:[^:\\]|\\.)+", re.DOTALL)
_PART = re.compile(rf"[^{_NESTED}]+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WRITTEN = str.maketrans({'"': "'", "“": "'", "”": "'", "\\": "\\\\"})
"""What would end a text."""
_TEXTS: dict[str, tuple[int, frozenset[str]]] = {
    "XE": (0, frozenset({"\\t"})),
    "TC": (0, frozenset()),
    "QUOTE": (0, frozenset()),
    "FILLIN": (0, frozenset({"\\d"})),
    "ASK": (1, frozenset({"\\d"})),
    "AUTOTEXTLIST": (0, frozenset({"\\t"})),
    "HYPERLINK": (-1, frozenset({"\\o"})),
    "MERGEFIELD": (-1, frozenset({"\\b", "\\f"})),
}
"""By kind: which argument is a text, if one is, and the switches that a text follows."""


@dataclass(slots=True)
class _Code:
    """A field that is being read."""

    holders: list[Element | None] = field(default_factory=list)
    """What its code stands in; None for a field inside of it."""
    is_done: bool = False


class FieldCode:
    """The texts in one code.

    Args:
        holders: the elements that it stands in, text of them or attribute; None for a field inside of it.
        place: for people.
    """

    def __init__(self, holders: Sequence[Element | None], place: str) -> None:
        self._holders = holders
        code = "".join(map(_text, holders))
        self._is_entry = code.lstrip().upper().startswith("XE")
        self._spans = [(start, end) for start, end in _spans(code) if has_words(code[start:end])]
        self.segments = [
            Segment(_ESCAPED.sub(r"\1", code[start:end]), "text", place) for start, end in self._spans
        ]

    def put(self, translations: Sequence[str]) -> None:
        """Replace the texts, each in the element where it begins."""
        for (start, end), text in reversed(list(zip(self._spans, translations, strict=True))):
            written = legal(text).translate(_WRITTEN)
            self._replace(start, end, written.replace(":", "\\:") if self._is_entry else written)

    def _replace(self, start: int, end: int, text: str) -> None:
        at = 0
        for holder in self._holders:
            old = _text(holder)
            first, last = max(start - at, 0), min(end - at, len(old))
            if holder is not None and first < last:
                _set_text(holder, old[:first] + text + old[last:])
                text = ""
            at += len(old)


def field_codes(root: Element, place: str) -> Iterator[FieldCode]:
    """Those of a part that have texts of their own."""
    opened: list[_Code] = []
    found: list[Sequence[Element | None]] = []
    for element in root.iter(f"{_W}fldChar", f"{_W}instrText", f"{_W}fldSimple"):
        kind = element.get(f"{_W}fldCharType")
        if element.tag == f"{_W}fldSimple":
            found.append([element])
        elif element.tag == f"{_W}instrText":
            if opened and not opened[-1].is_done:
                opened[-1].holders.append(element)
        elif kind == "begin":
            if opened and not opened[-1].is_done:
                opened[-1].holders.append(None)
            opened.append(_Code())
        elif opened and kind in {"separate", "end"}:
            if not opened[-1].is_done:
                found.append(opened[-1].holders)
            opened[-1].is_done = True
            if kind == "end":
                opened.pop()
    yield from (FieldCode(holders, place) for holders in found)


def _spans(code: str) -> Iterator[tuple[int, int]]:
    """Where in a code its texts are, without quotation marks and fields inside of them."""
    if (button := _BUTTON.match(code)) is not None:
        yield from _parts(code, button.span(1), _PART)
        return
    tokens = list(_TOKEN.finditer(code))
    kind = tokens[0][0].upper() if tokens else ""
    texts = _of_condition(tokens) if kind == "IF" else _of_kind(kind, tokens)
    for token in texts:
        if token["text"] is not None:
            yield from _parts(code, token.span("text"), _ENTRY_PART if kind == "XE" else _PART)


def _parts(code: str, span: tuple[int, int], part: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in part.finditer(code, *span))


def _of_condition(tokens: Sequence[re.Match[str]]) -> Sequence[re.Match[str]]:
    """What it shows if so, and if not: behind what is compared."""
    for number, token in enumerate(tokens):
        if token["text"] is None and _OPERATOR.fullmatch(token[0]):
            return tokens[number + 2 : number + 4]
    return []


def _of_kind(kind: str, tokens: Sequence[re.Match[str]]) -> Iterator[re.Match[str]]:
    argument, switches = _TEXTS.get(kind, (-1, frozenset[str]()))
    before = ""
    for number, token in enumerate(tokens[1:]):
        if before in switches or (number == argument and not before.startswith("\\")):
            yield token
        before = token[0]


def _text(holder: Element | None) -> str:
    if holder is None:
        return _NESTED
    return (holder.get(f"{_W}instr") if holder.tag == f"{_W}fldSimple" else holder.text) or ""


def _set_text(holder: Element, text: str) -> None:
    if holder.tag == f"{_W}fldSimple":
        holder.set(f"{_W}instr", text)
    else:
        holder.text = text
        holder.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
