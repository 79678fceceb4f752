"""Source code without a fence: its comments are read, and all else is left to the programs that run it.

Strings stay, too: programs compare them, open them, send them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.data.doc_comments import doc_values
from crosslate.service.pipeline.layout.data.values import DataValue
from crosslate.service.pipeline.layout.machine.code_lines import is_code, is_code_line, is_directive

_DOUBLE = r"\"(?:[^\"\\\r\n]|\\[\s\S])*+\"?"
"""Up to the end of its line where it has no end: then none of it is looked at twice."""
_HASH = re.compile(
    rf"(?:(?<=\s)|(?<![\s\S]))\#+!?[ \t]*(?P<words>[^\r\n]*)"
    rf"|[rRuUbBfF]{{0,2}}(?P<marks>\"\"\"|''')(?P<doc>[\s\S]*?)(?:(?P=marks)|\Z)"
    rf"|{_DOUBLE}|'(?:[^'\\\r\n]|\\[\s\S]){{0,400}}'"
)
_SLASH = re.compile(
    rf"(?<![:\w])//+!?[ \t]*(?P<words>[^\r\n]*)|/\*+!?(?P<block>[\s\S]*?)(?:\*/|\Z)"
    rf"|{_DOUBLE}|'(?:[^'\\\r\n]|\\.){{0,400}}'|`(?:[^`\\]|\\[\s\S])*+(?:`|\\?\Z)"
)
_MAY_BE = re.compile(
    r"[;{}][ \t]*(?://[^\n]*)?\r?$|=>|\A\#!|^[ \t]*(?:FROM|RUN|@\w|\$)"
    r"|^[ \t]*(?:\w+\.)*\w+(?:\(|[ \t]*=)"
    r"|^[ \t]*(?:def|class|import|package|using|from|if|for|while|with|echo|export|sudo|function|func)\b",
    re.MULTILINE,
)
"""What most texts of prose have nowhere: then no closer look is taken."""
_HAS_SEMICOLONS = re.compile(r"^(?!\#)[^\n]*;[ \t]*(?://[^\n]*)?\r?$|^[ \t]*(?://|/\*)", re.MULTILINE)
_HAS_HASHES = re.compile(
    r"^[ \t]*\#(?:[ !]|$)|[ \t]\#[ ]|\"\"\"|\'\'\'|^[ \t]*(?:from|import) [\w., ]+$|:\r?$"
    r"|^[ \t]*(?:sudo|cd|export|echo|source|\$)[ ]",
    re.MULTILINE,
)
"""Of languages whose comments begin with `#`."""
_GOES_ON = "(,=[{%+\\"
"""What an expression goes on behind: a string there is no documentation."""


class _Kind(Enum):
    """What of a text is no code."""

    STRING = auto()
    COMMENT = auto()
    """Up to the end of its line."""
    BLOCK = auto()
    """With a mark at its end."""


class _Token(NamedTuple):
    kind: _Kind
    span: Span
    words: Span


def code_values(text: str) -> list[DataValue] | None:
    """The comments of a text that is source code, in order; None of any other text."""
    if _MAY_BE.search(text) is None:
        return None
    is_slash = _HAS_SEMICOLONS.search(text) is not None or _HAS_HASHES.search(text) is None
    tokens = [_token(text, match) for match in (_SLASH if is_slash else _HASH).finditer(text)]
    if not is_code(_without(text, tokens), is_script=text.startswith("#!")):
        return None
    return list(_comments(text, tokens))


def _token(text: str, match: re.Match[str]) -> _Token:
    match match.lastgroup:
        case "words":
            return _Token(_Kind.COMMENT, match.span(), match.span("words"))
        case "block":
            return _Token(_Kind.BLOCK, match.span(), match.span("block"))
        case "doc" if _is_documentation(text, match.start()):
            return _Token(_Kind.BLOCK, match.span(), match.span("doc"))
    return _Token(_Kind.STRING, match.span(), (match.start(), match.start()))


def _is_documentation(text: str, at: int) -> bool:
    """Whether a string is a statement of its own."""
    while at > 0 and text[at - 1] in " \t":
        at -= 1
    if at > 0 and text[at - 1] != "\n":
        return False
    while at > 0 and text[at - 1].isspace():
        at -= 1
    return at == 0 or text[at - 1] not in _GOES_ON


def _without(text: str, tokens: Sequence[_Token]) -> str:
    """The code alone: an empty string for each string, nothing for a comment."""
    parts: list[str] = []
    at = 0
    for token in tokens:
        start, end = token.span
        parts += text[at:start], '""' if token.kind is _Kind.STRING else "\n" * text.count("\n", start, end)
        at = end
    return "".join([*parts, text[at:]])


def _comments(text: str, tokens: Sequence[_Token]) -> Iterator[DataValue]:
    """Those that are language; ones on lines of their own below each other are one text."""
    lines: list[_Token] = []
    for token in tokens:
        if token.kind is _Kind.STRING:
            continue
        if lines and not (token.kind is _Kind.COMMENT and _goes_on(text, lines[-1], token)):
            yield from _line_comments(text, lines)
            lines = []
        if token.kind is _Kind.COMMENT:
            lines.append(token)
        else:
            yield from doc_values(text, token.words)
    yield from _line_comments(text, lines)


def _goes_on(text: str, comment: _Token, following: _Token) -> bool:
    """Whether two comments stand in lines of their own, one below the other."""
    between = text[comment.span[1] : following.span[0]]
    if between.strip() or between.count("\n") != 1:
        return False
    start = text.rfind("\n", 0, comment.span[0]) + 1
    return not text[start : comment.span[0]].strip()


def _line_comments(text: str, comments: Sequence[_Token]) -> Iterator[DataValue]:
    """What of comments in lines below each other is language, as few texts as may be."""
    group: Span | None = None
    for comment in comments:
        (start, end), (first, last) = comment.span, comment.words
        if is_code_line(text[first:last]) or is_directive(text[start:end]):
            if group is not None:
                yield DataValue(group)
            group = None
        elif group is None:
            group = (first, last)
        else:
            group = (group[0], last)
    if group is not None:
        yield DataValue(group)
