r"""Texts of Android's resources: `It\'s\nhere`, blanks that are one, and quotes around those that count."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.service.documents.inline import Break, Item, Run

_TOKEN = re.compile(r"\\u([0-9A-Fa-f]{4})|\\(.)|(\")|([ \t\r\n]+)", re.DOTALL)
_LINE_END = "\\n"
_NAMED = {"t": "\t"}
_WRITTEN = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": _LINE_END, "\t": "\\t"}
_SPECIAL = re.compile(r"[\\'\"\n\t]")
_FIRST = re.compile(r"^[@?]")
_QUOTED = re.compile(r'(\s*")((?:[^"\\]|\\.)*)("\s*)', re.DOTALL)
_PIECE = re.compile(r"(?P<blank>\s+|\\n|\\t|\\u0020)|\\.|[^\s\\]+|\\", re.DOTALL)
_REFERENCE = re.compile(r"\s*(?:@(?:[\w.]+:)?\+?\w+/[\w.]+|\?[\w.:/]+|@null|@empty)\s*")


def is_reference(raw: str) -> bool:
    """Whether a resource only names another one: `@string/app_name`."""
    return _REFERENCE.fullmatch(raw) is not None


def parts_of(raw: str) -> tuple[str, str, str, bool]:
    """What stands before the words of a resource, they, what stands behind, and whether all is in quotes."""
    quoted = _QUOTED.fullmatch(raw)
    before, core, after = quoted.groups() if quoted else ("", raw, "")
    said = [piece for piece in _PIECE.finditer(core) if piece["blank"] is None]
    start, end = (said[0].start(), said[-1].end()) if said else (0, 0)
    return before + core[:start], core[start:end], core[end:] + after, quoted is not None


def read_android(text: str, *, is_quoted: bool) -> Iterator[Item]:
    """The runs and line ends of a stretch of text."""
    said, at, in_quotes = "", 0, is_quoted
    for token in _TOKEN.finditer(text):
        said += text[at : token.start()]
        at = token.end()
        if token[1]:
            said += chr(int(token[1], 16))
        elif token[2] == "n":
            yield from [Run(said)] if said else []
            yield Break(_LINE_END, is_line=True)
            said = ""
        elif token[2]:
            said += _NAMED.get(token[2], token[2])
        elif token[3]:
            in_quotes = not in_quotes
        else:
            said += token[4] if in_quotes else " "
    if said := _joined(said + text[at:]):
        yield Run(said)


def write_android(text: str) -> str:
    """A run, escaped."""
    return _FIRST.sub(r"\\\g<0>", _SPECIAL.sub(lambda sign: _WRITTEN[sign[0]], text))


def _joined(text: str) -> str:
    """Letters beyond the first plane are written as two halves."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
