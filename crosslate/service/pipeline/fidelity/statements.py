r"""Statements of SQL amid prose, as `run SELECT name FROM users; and wait`: their words are no language.

Only keywords in capitals tell them, and what no sentence has: a clause, a list in brackets, a semicolon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizer import Span

_SOME = (" FROM ", " SET ", " INTO ", " TABLE ")
"""Every statement has one of these."""
_NAME = r"[\w.`\"*]{1,60}"
_TERM = r"(?:'[^'\n]{0,100}'|-?[\w.]{1,60}(?:\([^()\n]{0,100}\))?|\*|\([^()\n]{0,200}\))"
_OPERATOR = r"(?:\s?[<>=!*/+\-]{1,2}\s?|\s(?:NOT\s)?(?:LIKE|IN|BETWEEN|IS(?:\sNOT)?|INTERVAL)\s)"
_EXPRESSION = (
    rf"{_TERM}(?:{_OPERATOR}{_TERM}){{0,4}}(?:\s(?:ASC|DESC|(?:SECOND|MINUTE|HOUR|DAY|MONTH|YEAR)))?"
)
_CLAUSE = (
    r"(?:WHERE|AND|OR|ON|SET|VALUES|HAVING|LIMIT|OFFSET|UNION|(?:GROUP|ORDER)\sBY|(?:[A-Z]{4,5}\s){0,2}JOIN)"
)
_CLAUSES = rf"(?:\s{_CLAUSE}(?!\w)\s?{_EXPRESSION}(?:,\s?{_EXPRESSION}){{0,12}}){{0,12}}"
_ENDS = rf"(?:;|(?=\s{_CLAUSE}\W)|(?=[.,:)\"'»”]|\Z))"
_COLUMN = r"(?:[A-Z]{3,8}\([^()\n]{0,60}\)|[\w.*`\"]{1,60})(?:\sAS\s\w{1,40})?"
_STATEMENT = re.compile(
    rf"(?<![\w`'\"])(?:SELECT\s\*\sFROM\s{_NAME}{_CLAUSES}|SELECT\s(?:DISTINCT\s)?{_COLUMN}(?:,\s?{_COLUMN}){{0,20}}\sFROM\s{_NAME}{_ENDS}{_CLAUSES}"
    rf"|DELETE\sFROM\s{_NAME}(?=;|\sWHERE\s){_CLAUSES}"
    rf"|UPDATE\s{_NAME}\sSET\s{_NAME}\s?=\s?{_EXPRESSION}(?:,\s?{_EXPRESSION}){{0,12}}{_CLAUSES}"
    rf"|INSERT\sINTO\s{_NAME}\s?(?:\([^()\n]{{1,200}}\)\s?)?VALUES\s?\([^()\n]{{1,200}}\)"
    rf"|(?:CREATE|ALTER|DROP|TRUNCATE)\sTABLE\s(?:IF\s(?:NOT\s)?EXISTS\s)?{_NAME}(?:\s?\([^()\n]{{1,200}}\)|(?=;)))"
    r";?"
)


def statements(text: str) -> Iterator[Span]:
    """Where they stand in a text, in order."""
    if any(word in text for word in _SOME):
        yield from (match.span() for match in _STATEMENT.finditer(text))
