"""A Markdown text into passages: its sentences whole, its marks and all that is no prose left out.

Code, HTML blocks, front matter, rules, reference definitions are in no passage, so that they are copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.inline_marks import InlineMarks
from crosslate.service.pipeline.layout.markdown_positions import parser
from crosslate.service.pipeline.origin import DerivedText
from crosslate.service.pipeline.passages import Passage

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_FRONT_MATTER = re.compile(
    r"\A(?P<fence>---|\+\+\+)[ \t]*\r?\n(?:[^\n]*\n)*?(?:(?P=fence)|\.\.\.)[ \t]*(?:\r?\n|\Z)"
)
_FENCE = re.compile(r"[ \t>]*(?:`{3,}|~{3,})[ \t]*(?:\r?\n|\r|\Z)")
_HASHES = re.compile(r"#{1,6}")


def markdown_passages(sent: str) -> list[Passage]:
    """The passages of a Markdown text, in order; those without a letter are left out."""
    whole = DerivedText.of(sent)
    found: list[Passage] = []
    for token, before, places in read_tokens(sent):
        if token.type == "fence":
            continue
        marks = InlineMarks(sent, token, places, is_cell=before.type in ("th_open", "td_open"))
        found += (one for one in marks.passages(whole) if any(map(str.isalpha, one.text.text)))
    return found


def _start(sent: str) -> int:
    """Behind the front matter."""
    front = _FRONT_MATTER.match(sent)
    return front.end() if front else 0


def read_tokens(sent: str) -> Iterator[tuple[Token, Token, list[int]]]:
    """The tokens with text, what each is in, and for each place in its content where that was sent.

    Of fenced code the places are two: where it begins and ends.
    """
    start = _start(sent)
    lines = [match.span() for match in _LINE.finditer(sent, start) if match.start() < match.end()]
    read = dict.fromkeys(range(len(lines)), 0)
    before: Token | None = None
    for token in parser().parse(sent[start:]):
        if token.type == "fence" and token.map and token.content.strip():
            yield token, before or token, _fenced(sent, token.map, lines)
        if token.type == "inline" and token.map and token.content and before is not None:
            places = _places(sent, token, before, lines, read)
            if places is not None:
                yield token, before, places
        before = token


def _fenced(sent: str, numbers: Sequence[int], lines: Sequence[Span]) -> list[int]:
    """Where the code of a fence begins and ends; the last fence may be missing."""
    first, last = numbers[0] + 1, min(numbers[1], len(lines)) - 1
    end = lines[last][0] if _FENCE.match(sent, *lines[last]) else lines[last][1]
    return [lines[first][0], lines[first][0] + len(sent[lines[first][0] : end].rstrip())]


def _places(
    sent: str, token: Token, before: Token, lines: list[Span], read: dict[int, int]
) -> list[int] | None:
    """Where each character of a token's content stands; None where it cannot be found as it is.

    That is so in a table's cell with a bar in it, and where a tab is in part indentation. `read` has for each
    line how far it was read.
    """
    if token.map is None:
        return None
    places: list[int] = []
    for number, content in enumerate(token.content.split("\n"), start=token.map[0]):
        if number >= len(lines):
            return None
        start, end = lines[number]
        first = _first(sent, (max(start, read[number]), end), content, before)
        if first < 0:
            return None
        places += range(first, first + len(content) + 1)
        read[number] = first + len(content)
    return places


def _first(sent: str, line: Span, content: str, before: Token) -> int:
    """Where in a line its content begins; -1 where it is not there."""
    start, end = line
    if before.type == "paragraph_open" or before.markup in ("=", "-"):
        first = start + len(sent[start:end].rstrip()) - len(content.rstrip())
        return first if first >= start and sent.startswith(content.rstrip(), first) else -1
    if before.type == "heading_open" and (hashes := _HASHES.search(sent, start, end)):
        start = hashes.end()
    return sent.find(content, start, end)
