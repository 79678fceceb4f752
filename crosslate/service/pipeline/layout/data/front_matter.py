"""Front matter before a plain text: what readers see of it, and the text; keys and codes stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.service.pipeline.layout.data.values import DataValue, Style

_FRONT = re.compile(
    r"\A\ufeff?---[ \t]*\r?\n(?P<body>(?:[ \t]*(?:[\w\-]+[ \t]*:(?:[ \t][^\n]*)?|- [^\n]*|#[^\n]*)?\r?\n)+?)"
    r"---[ \t]*\r?\n(?=[\s\S]*\S)"
)
_KEYS = "title|subtitle|description|summary|excerpt|abstract|tagline|headline|caption|sidebar_label"
_VALUE = re.compile(
    rf"^[ \t]*(?:- )?(?:{_KEYS})[ \t]*:[ \t]+"
    r"(?:\"(?P<double>(?:[^\"\\\n]|\\.)+)\"|'(?P<single>(?:[^'\n]|'')+)'"
    r"|(?P<plain>[^\W_][^\r\n#]*[^\s#]))[ \t]*\r?$",
    re.IGNORECASE | re.MULTILINE,
)
_STYLES = {"double": Style.ESCAPED_DOUBLE, "single": Style.DOUBLED_SINGLE, "plain": Style.PLAIN}


def front_matter_values(text: str) -> list[DataValue] | None:
    """Titles and the like, and all of the text behind; None of a text without front matter."""
    front = _FRONT.match(text) if text.startswith(("---", "\ufeff---")) else None
    if front is None or ":" not in front["body"]:
        return None
    return [*_titles(text, *front.span("body")), DataValue((front.end(), len(text)))]


def _titles(text: str, start: int, end: int) -> Iterator[DataValue]:
    for value in _VALUE.finditer(text, start, end):
        style = next(name for name in _STYLES if value[name] is not None)
        yield DataValue(value.span(style), _STYLES[style])
