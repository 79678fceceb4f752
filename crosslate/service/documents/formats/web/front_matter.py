"""What stands before a Markdown text for what makes a page of it: title, description and the like."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence

import yaml

from crosslate.service.documents.document import Segment, has_words

_FRONT = re.compile(
    r"\A\ufeff?(?P<fence>---|\+\+\+)[ \t]*\r?\n"
    r"(?P<body>(?:[^\n]*\n)*?)(?:(?P=fence)|\.\.\.)[ \t]*(?:\r?\n|\Z)"
)
_TEXTS = (
    "title|subtitle|description|summary|excerpt|abstract|tagline|headline|details|link_?title|caption|alt|"
    "sidebar_(?:label|title)|pagination_label|nav_title|short_title"
)
_VALUE = re.compile(
    rf"^[ \t]*(?:- )?[\"']?(?:{_TEXTS})[\"']?[ \t]*[:=][ \t]*(?P<value>\S[^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_PLAIN = re.compile(r"[^\s\"'&*!|>%@`\[\]{}#,?-](?:(?! #).)*")


class FrontMatterValue:
    """One value on one line.

    Args:
        raw: as it is written.
        text: what it says.
        start: where it stands in the file's text.
    """

    def __init__(self, raw: str, text: str, start: int) -> None:
        self.raw, self.text, self.start = raw, text, start
        self.written = raw
        """As it is to be written."""
        self.segments = [Segment(text, "text", "front matter")]

    @property
    def end(self) -> int:
        """Where it ends in the file's text."""
        return self.start + len(self.raw)

    def put(self, translations: Sequence[str]) -> None:
        """Write it in the quotation marks that it has, or in some if it needs them now."""
        text = " ".join(translations[0].split())
        if translations[0] == self.text:
            self.written = self.raw  # it may hold half a character, which can be written by its number only
        elif self.raw[0] == "'" and not set("'\\") & set(text):
            self.written = f"'{text}'"
        elif self.raw[0] in "\"'" or _said(text, "---") != text:
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            self.written = f'"{escaped}"'
        else:
            self.written = text


def front_matter_values(text: str) -> Iterator[FrontMatterValue]:
    """Those of a text that readers get to see, in order."""
    front = _FRONT.match(text)
    if front is None:
        return
    for match in _VALUE.finditer(text, *front.span("body")):
        raw = match["value"].rstrip()
        said = _said(raw, front["fence"])
        if said is not None and has_words(said):
            yield FrontMatterValue(raw, said, match.start("value"))


def _said(raw: str, fence: str) -> str | None:
    """What a value says, in YAML or TOML; None where it is no text on one line, or more than that."""
    if _QUOTED.fullmatch(raw) is None and (fence == "+++" or _PLAIN.fullmatch(raw) is None):
        return None
    try:
        said = yaml.safe_load(raw) if fence == "---" else tomllib.loads(f"a = {raw}")["a"]
    except (yaml.YAMLError, ValueError):  # of a date that there is not, too
        return None
    return said if isinstance(said, str) else None
