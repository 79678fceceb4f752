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
    r" [a-z][\w\-]{1,20}(?: [a-z][\w\-]{1,20}(?= -)){0,1}"
    r"(?=[^\n]{0,40} -)"
    r"(?: --?[A-Za-z][\w\-]{0,40}(?:=[^\s,;]{1,200})?| (?:origin|upstream|main|master|HEAD)\b"
    r"| \w{1,40}(?:[\-./:@]\w{1,40}){1,8}){1,12}(?![\w\-])"
)
_OWN_WORDS = {
    "git": "add am bisect blame branch checkout cherry-pick clone commit config diff fetch init log merge "
    "pull push rebase reset restore revert show stash status switch tag",
    "docker": "build compose(?:_(?:up|down|build|logs|ps|pull|restart|exec))? exec images login logs ps "
    "pull push rm rmi run",
    "npm": "ci init install publish start test update run_[\\w:\\-]+",
    "yarn": "add build dev install start test run_[\\w:\\-]+",
    "pnpm": "add build dev install start test run_[\\w:\\-]+",
    "pip": "install uninstall freeze",
    "pip3": "install uninstall freeze",
    "cargo": "build run test add install",
    "kubectl": "apply get describe delete logs exec scale rollout",
    "terraform": "init plan apply destroy",
    "brew": "install update upgrade",
    "conda": "activate create install",
    "apt": "install update upgrade remove",
    "apt-get": "install update upgrade remove",
    "systemctl": "daemon-reload (?:start|stop|restart|reload|enable|disable|status)_[\\w@.\\-]*\\w",
}
"""Programs, and their commands that people name in prose without any option: `run git pull first`."""
_OF_PROGRAMS = re.compile(
    r"(?<![\w/.\-])(?:sudo )?(?:"
    + "|".join(rf"{name} (?:{own.replace(' ', '|').replace('_', ' ')})" for name, own in _OWN_WORDS.items())
    + r")(?![\w\-])"
)


_MERGE = re.compile(
    r"Merge (?:(?:remote-tracking )?branch(?:es)?|pull request|tag|commit) [^\n]{1,200}?"
    r" (?:into|from) (?P<branch>[\w./\-]{1,100})(?!\S)"
)
"""As git and its servers say it of a branch: `Merge branch 'main' into feature/login`."""


def statements(text: str) -> Iterator[Span]:
    """Where statements stand in a text, or else commands and names of branches, in order."""
    if text.startswith("Merge ") and (merge := _MERGE.match(text)) is not None:
        yield merge.span("branch")
    if any(word in text for word in _SOME):
        yield from (match.span() for match in _STATEMENT.finditer(text))
    elif any(map(text.__contains__, _OWN_WORDS)):
        yield from _commands(text)


def _commands(text: str) -> Iterator[Span]:
    """With options, or of a program and a command of its own."""
    long = {match.start(): match.end() for match in _COMMAND.finditer(text)} if " -" in text else {}
    for match in _OF_PROGRAMS.finditer(text):
        start = match.start()
        program = start + len("sudo ") * text.startswith("sudo ", start)
        yield start, max(match.end(), long.pop(program, 0))
    yield from long.items()
