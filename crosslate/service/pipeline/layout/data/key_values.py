"""Lines of keys and values.

Those of `.properties`, INI, `.env`, TOML, `.strings`, gettext's, Fluent, objects of programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

from crosslate.service.pipeline.layout.data.values import DataValue, Style, is_code_word, is_name

_QUOTED = r"(?:\"(?:[^\"\\\r\n]|\\.)*+\"|'(?:[^'\\\r\n]|\\.)*+')"
_KEY = rf"(?:[.\-]?[^\W\d][\w.\-/$]*(?:\[\w*\])?|{_QUOTED})"
"""In Fluent, terms begin with a hyphen, and attributes with a full stop."""
_MAY_BE = re.compile(
    r"(?:[ \t]*(?:<\?php|[#;!/][^\r\n]*)?[\r\n])*+[ \t]*+(?:\[[^\]\r\n]+\]\]?[ \t]*[\r\n]|msg(?:id|ctxt)[ \t]"
    rf"|(?:export[ \t]+)?{_KEY}[ \t]*=|{_QUOTED}[ \t]*:|[\w .=:]*[\[{{][ \t]*[\r\n])"
)
"""The first line that is no comment is one of these; few texts begin so."""
_LINE = re.compile(r"(?:[^\r\n\\]|\\(?:\r\n|[\s\S]|\Z))*+")
"""With those that a backslash at their ends makes one."""
_MESSAGE_KEYS = r"(?P<context>msgctxt)|msgid(?:_plural)?|msgstr(?:\[\d\])?"


class _Kind(Enum):
    """What a line is."""

    SETTING = auto()
    MEMBER = auto()
    """Of an object in a program."""
    COMMENT = auto()
    SECTION = auto()
    MESSAGE = auto()
    """Of gettext's, or another line of one."""
    VARIANT = auto()
    """Of a message of Fluent."""
    CONTINUED = auto()
    """A further line of one."""
    ITEM = auto()
    """Of a list that goes over several lines."""
    OPENING = auto()
    CLOSING = auto()
    EMPTY = auto()


_KINDS = {
    _Kind.SETTING: re.compile(rf"(?:export\s+)?(?P<key>{_KEY})\s*=(?!>)\s*(?P<value>[\s\S]*)"),
    _Kind.MEMBER: re.compile(
        rf"(?P<key>{_KEY})\s*(?::|=>)\s*(?P<value>{_QUOTED}|-?\d[\d.]*|true|false|null|None)\s*,?"
    ),
    _Kind.COMMENT: re.compile(r"#[:,|~].*|<\?php|(?:#+\.?|;+|!|//+|/\*+)\s*(?P<value>.*)"),
    _Kind.VARIANT: re.compile(r"\*?\[[\w.\-]+\] +(?P<value>\S.*)"),
    _Kind.SECTION: re.compile(r"\[[^\]\r\n]+\]\]?"),
    _Kind.MESSAGE: re.compile(rf"(?:{_MESSAGE_KEYS})?\s*(?P<value>{_QUOTED})"),
    _Kind.ITEM: re.compile(rf"(?P<value>{_QUOTED})\s*,\s*(?:#.*)?"),
    _Kind.OPENING: re.compile(
        rf"\{{ *(?:\$[\w\-]+|[A-Z]+\([^()]*\)) *->"
        rf"|(?:(?:(?:export|return|const|let|var|default)\b|[\w.]+\s*=|{_KEY}\s*(?::|=>))\s*)*[\[{{]"
    ),
    _Kind.CLOSING: re.compile(r"[\]})]+[;,]?"),
    _Kind.EMPTY: re.compile(""),
}
_WITH_KEYS = (_Kind.SETTING, _Kind.MEMBER)
_PAIRS = (_Kind.SETTING, _Kind.MEMBER, _Kind.MESSAGE)
_VALUE = re.compile(rf"(?P<words>{_QUOTED})\s*[;,]?\s*(?:[#;].*)?")
_SCALAR = rf"(?:{_QUOTED}|[+\-]?\d[\d.]*|true|false)"
_LIST = re.compile(rf"\[\s*{_SCALAR}(?:\s*,\s*{_SCALAR})*+\s*,?\s*\](?:\s*#.*)?")
_TABLES = re.compile(r"(?:\[\s*)?\{\s*[\w\-\"]+\s*=[^\r\n]*[\]}],?")
_STRING = re.compile(_QUOTED)
_OF_PROGRAMS = re.compile(r"[\"'.\-]|[^\W\d]+[._]\w")
"""A key that no sentence begins with."""
_CONTINUED = re.compile(
    r"(?P<value>[^{}\r\n]*)\{ *(?:\$[\w\-]+|[A-Z]+\([^()]*\)) *->|\}[.,;:!?]|(?P<words>\S.*)"
)
_BEFORE_CONTINUED = (_Kind.SETTING, _Kind.CONTINUED, _Kind.VARIANT, _Kind.CLOSING, _Kind.OPENING)
_OF_FLUENT = re.compile(r"\{ ?(?:\$|-[a-z])")
"""In a value."""


def key_values(text: str) -> list[DataValue] | None:
    """The values of a text that is nothing but such lines, and its comments; None of any other text.

    A single pair is one only with a key such as `menu.title`, or with other lines of data.
    """
    if _MAY_BE.match(text) is None:
        return None
    found: list[DataValue] = []
    kinds: list[_Kind] = []
    is_clear = False
    at = 0
    while at < len(text):
        line = _LINE.match(text, at)
        end = at if line is None else line.end()
        read = _line(text, at, end)
        if read is None and kinds and kinds[-1] in _BEFORE_CONTINUED:
            read = _continued(text, at, end)
        if read is None:
            return None
        kind, match = read
        kinds.append(kind)
        is_clear = is_clear or _is_clear(kind, match)
        found += _values(text, kind, match)
        at = end + 1
    if _Kind.CONTINUED in kinds and _OF_FLUENT.search(text) is None:
        return None
    if _Kind.SECTION in kinds:  # TOML has quotation marks around names, too
        found = [one for one in found if not _is_quoted_name(text, one)]
    num_pairs = sum(map(kinds.count, _PAIRS))
    is_clear = is_clear or num_pairs > 1 or _Kind.SECTION in kinds or _Kind.OPENING in kinds
    return found if num_pairs and is_clear else None


def _is_clear(kind: _Kind, match: re.Match[str]) -> bool:
    """Whether a line is of data even where it is the only one."""
    if kind in _WITH_KEYS and _OF_PROGRAMS.match(match["key"]) is not None:
        return True
    if kind is _Kind.SETTING:
        return _OF_FLUENT.search(match["value"]) is not None
    return kind is _Kind.MESSAGE and match[0].startswith("msg")


def _is_quoted_name(text: str, value: DataValue) -> bool:
    return value.style is not Style.PLAIN and is_code_word(text[slice(*value.span)])


def _line(text: str, start: int, end: int) -> tuple[_Kind, re.Match[str]] | None:
    line = text[start:end]
    first = start + len(line) - len(line.lstrip())
    last = max(first, start + len(line.rstrip()))
    for kind, pattern in _KINDS.items():
        match = pattern.fullmatch(text, first, last)
        if match is not None:
            return kind, match
    return None


def _continued(text: str, start: int, end: int) -> tuple[_Kind, re.Match[str]] | None:
    """A line that is indented, as those are in which a message of Fluent goes on."""
    line = text[start:end]
    first = start + len(line) - len(line.lstrip())
    match = _CONTINUED.fullmatch(text, first, start + len(line.rstrip())) if first > start else None
    return None if match is None else (_Kind.CONTINUED, match)


def _values(text: str, kind: _Kind, match: re.Match[str]) -> Iterator[DataValue]:
    if kind is _Kind.COMMENT:
        if match["value"] is None:
            return
        words = match["value"].removesuffix("*/").rstrip()
        if _KINDS[_Kind.SETTING].fullmatch(words) is None:
            yield DataValue((match.start("value"), match.start("value") + len(words)))
        return
    if kind is _Kind.CONTINUED:
        group = "words" if match["words"] else "value"
        if match[group]:
            yield DataValue(match.span(group))
        return
    if kind not in (*_PAIRS, _Kind.ITEM, _Kind.VARIANT) or (kind is _Kind.MESSAGE and match["context"]):
        return
    start, end = match.span("value")
    if kind is _Kind.SETTING and _TABLES.fullmatch(text, start, end) is not None:
        return
    if kind is _Kind.ITEM or (kind is _Kind.SETTING and _LIST.fullmatch(text, start, end) is not None):
        yield from _listed(text, start, end)
        return
    quoted = _VALUE.fullmatch(text, start, end)
    if quoted is not None:
        first, last = quoted.span("words")
        style = Style.ESCAPED_DOUBLE if text[first] == '"' else Style.ESCAPED_SINGLE
        if not is_name(text[first + 1 : last - 1]):
            yield DataValue((first + 1, last - 1), style)
    elif kind in (_Kind.SETTING, _Kind.VARIANT) and end - start > 1 and not is_code_word(text[start:end]):
        yield DataValue((start, end))


def _listed(text: str, start: int, end: int) -> Iterator[DataValue]:
    """The strings of a list that are language: not those that are single words or names."""
    for string in _STRING.finditer(text, start, end):
        words = string.group()[1:-1]
        if not is_code_word(words) and "::" not in words:
            style = Style.ESCAPED_DOUBLE if string.group()[0] == '"' else Style.ESCAPED_SINGLE
            yield DataValue((string.start() + 1, string.end() - 1), style)
