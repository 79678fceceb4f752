"""Statements of SQL: what they write into tables is read, and their comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.service.pipeline.layout.data.values import DataValue, Style, is_code_word

_NAME = r"[\w.`\"\[\]]+"
_COLUMN = rf"(?:{_NAME}\([^()]*\)|[*]|{_NAME}(?:\.\*)?)(?:\s+AS\s+{_NAME})?"
_CLAUSE = r"(?:[A-Z]+\s+)?(?:AS|JOIN|WHERE|ORDER|GROUP|HAVING|LIMIT|UNION)\s"
_MAY_BE = re.compile(r"\s*(?:--|insert|replace|update|delete|select|create|alter|drop|with)\b", re.IGNORECASE)
_STATEMENT = re.compile(
    rf"(?:\s|--[^\n]*\n)*+(?:(?i:(?:insert|replace)\s+(?:ignore\s+)?into\s+{_NAME}\s*(?:\([^()]*\)\s*)?"
    rf"(?:values\b|select\b)|update\s+{_NAME}\s+set\s+{_NAME}\s*="
    rf"|create\s+table\s+(?:if\s+not\s+exists\s+)?{_NAME}\s*\(|select\s+\*\s+from\s+{_NAME})"
    rf"|SELECT\s+(?:DISTINCT\s+)?{_COLUMN}(?:\s*,\s*{_COLUMN})*+\s+FROM\s+{_NAME}\s*(?:[;,)]|\Z|{_CLAUSE})"
    rf"|DELETE\s+FROM\s+{_NAME}\s*(?:;|\Z|WHERE)"
    rf"|(?:ALTER|DROP|CREATE)\s+(?:TABLE|INDEX|VIEW|DATABASE|SCHEMA|USER|TRIGGER)\s+{_NAME}"
    rf"|WITH\s+{_NAME}\s+AS\s*\()"
)
"""None of these is prose: `select a file from the list` is."""
_TOKEN = re.compile(
    r"(?P<literal>'(?:[^'\\]|''|\\[\s\S])*+')|(?P<quoted>\"[^\"]*\")|--[ \t]*(?P<comment>[^\r\n]*)"
    r"|(?P<writes>\b(?i:values|set)\b)|(?P<reads>\b(?i:where|select|from|join|on|having)\b|;)"
)


def sql_values(text: str) -> list[DataValue] | None:
    """The literals of a text that is SQL that are written into tables, and its comments; None of others."""
    if _MAY_BE.match(text) is None or _STATEMENT.match(text) is None:
        return None
    return list(_values(text))


def _values(text: str) -> Iterator[DataValue]:
    writes = False
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "writes":
                writes = True
            case "reads":
                writes = False
            case "comment":
                yield DataValue(token.span("comment"))
            case "literal" if writes:
                start, end = token.start() + 1, token.end() - 1
                words = text[start:end]
                if not is_code_word(words):
                    is_escaped = "\\" in words and "''" not in words
                    style = Style.ESCAPED_SINGLE if is_escaped else Style.DOUBLED_SINGLE
                    yield DataValue((start, end), style)
