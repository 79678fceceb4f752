"""Catalogues of gettext, `.po` and `.pot`: what is still to be translated is read, and written beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.data.values import DataValue, Style, is_name

_MAY_BE = re.compile(r"\s*+(?:#[^\r\n]*\s*+)*+(?:msgctxt|msgid)[ \t]+\"")
_LINE = re.compile(r"[^\r\n]+")
_STRING = r"\"(?:[^\"\\\r\n]|\\.)*+\""
_ENTRY = re.compile(
    rf"(?:(?P<keyword>msgctxt|msgid|msgid_plural|msgstr(?:\[(?P<form>\d)\])?)[ \t]+)?"
    rf"(?P<string>{_STRING})[ \t]*"
)
_BLANKS = " \t\ufeff"


@dataclass(slots=True)
class _Message:
    """One message: where its strings are, without their quotation marks."""

    identifiers: dict[str, list[Span]] = field(default_factory=dict)
    """By keyword: `msgctxt`, `msgid`, `msgid_plural`."""
    translations: list[tuple[int, list[Span]]] = field(default_factory=list)
    """The number of the form, and its strings."""


def gettext_values(text: str) -> list[DataValue] | None:
    """What a catalogue has no translation of yet, each with the place of that; None of any other text.

    A translation that is there stays, unless it is the message itself, as some programs fill it in.
    Where identifiers are names (`menu.open`), messages stand in the place of translations: these are read.
    """
    if _MAY_BE.match(text) is None:
        return None
    messages = _messages(text)
    if not messages or not any(message.translations for message in messages):
        return None
    return [value for message in messages for value in _values(text, message)]


def _messages(text: str) -> list[_Message] | None:
    found: list[_Message] = []
    strings: list[Span] | None = None
    for line in _LINE.finditer(text):
        start, end = line.start() + len(line[0]) - len(line[0].lstrip(_BLANKS)), line.end()
        if start == end or text[start] == "#":
            strings = None
            continue
        entry = _ENTRY.fullmatch(text, start, end)
        if entry is None:
            return None
        if entry["keyword"]:
            if not found or _begins_message(entry["keyword"], found[-1]):
                found.append(_Message())
            strings = _opened(found[-1], entry)
        if strings is None:
            return None
        strings.append((entry.start("string") + 1, entry.end("string") - 1))
    return found


def _begins_message(keyword: str, last: _Message) -> bool:
    return bool(last.translations) and keyword in ("msgctxt", "msgid")


def _opened(message: _Message, entry: re.Match[str]) -> list[Span]:
    strings: list[Span] = []
    if entry["keyword"].startswith("msgstr"):
        message.translations.append((int(entry["form"] or 0), strings))
    else:
        message.identifiers[entry["keyword"]] = strings
    return strings


def _values(text: str, message: _Message) -> Iterator[DataValue]:
    single = message.identifiers.get("msgid", [])
    written = _written(text, single)
    if not written:  # the header
        return
    for number, strings in message.translations:
        source = message.identifiers.get("msgid_plural", single) if number else single
        present = _written(text, strings)
        if is_name(written) and written != present:
            if present:
                yield _value(strings, None)
        elif not present or present == _written(text, source):
            yield _value(source, (strings[0][0], strings[-1][1]))


def _value(strings: Sequence[Span], seat: Span | None) -> DataValue:
    pieces = tuple(span for span in strings if span[0] < span[1])
    whole = (pieces[0][0], pieces[-1][1])
    return DataValue(whole, Style.ESCAPED_DOUBLE, pieces, seat)


def _written(text: str, strings: Sequence[Span]) -> str:
    return "".join(text[start:end] for start, end in strings)
