"""Statements of SQL and commands amid prose, as in `run SELECT name FROM users; and wait`.

Keywords in capitals tell statements, and what no sentence has: a clause, a list in brackets, a semicolon. A
command has a name that is known, and options.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span

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


_COMMAND = re.compile(
    r"(?<![\w/.\-])(?:git|docker|kubectl|npm|yarn|pnpm|pip3?|cargo|brew|conda|helm|apt(?:-get)?)"
    r" [a-z][\w\-]{1,20}"
    r"(?=[^\n]{0,40} -)"
    r"(?: --?[A-Za-z][\w\-]{0,40}(?:=[^\s,;]{1,200})?| (?:origin|upstream|main|master|HEAD)\b"
    r"| \w{1,40}(?:[\-./:@]\w{1,40}){1,8}){1,12}(?![\w\-])"
)


def statements(text: str) -> Iterator[Span]:
    """Where statements stand in a text, or else commands, in order."""
    if any(word in text for word in _SOME):
        yield from (match.span() for match in _STATEMENT.finditer(text))
    elif " -" in text:
        yield from (match.span() for match in _COMMAND.finditer(text))
