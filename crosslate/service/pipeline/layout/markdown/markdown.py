"""A Markdown text into passages: its sentences whole, its marks and all that is no prose left out.

Code, front matter, rules, reference definitions are in no passage, so that they are copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.markdown.html_in_markdown import HtmlBlock, elements_that_stay, is_in
from crosslate.service.pipeline.layout.markdown.inline_marks import InlineMarks
from crosslate.service.pipeline.layout.markdown.markdown_pictures import descriptions
from crosslate.service.pipeline.layout.markdown.markdown_positions import parser
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage

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
    blocks: list[HtmlBlock] = []
    for token, before, places in read_tokens(sent):
        if token.type == "fence":
            continue
        if token.type == "html_block":
            blocks.append(HtmlBlock.of(token.content, places))
            found += blocks[-1].passages(sent)
            continue
        is_cell = before.type in ("th_open", "td_open")
        pictures = [(picture, places[a : b + 1]) for picture, (a, b) in descriptions(token)]
        for text, places_of_text in pictures or [(token, places)]:
            marks = InlineMarks(sent, text, places_of_text, is_cell=is_cell)
            found += (one for one in marks.passages(whole) if any(map(str.isalpha, one.text.text)))
    stay = elements_that_stay(blocks)
    return [one for one in found if not is_in(one.text.span[0], stay)] if stay else found


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
        if token.type == "html_block" and token.map:
            yield token, before or token, _html_places(sent, token, lines)
        if token.type == "inline" and token.map and token.content and before is not None:
            yield token, before, _places(sent, token, before, lines, read)
        before = token


def _fenced(sent: str, numbers: Sequence[int], lines: Sequence[Span]) -> list[int]:
    """Where the code of a fence begins and ends; the last fence may be missing."""
    first, last = numbers[0] + 1, min(numbers[1], len(lines)) - 1
    end = lines[last][0] if _FENCE.match(sent, *lines[last]) else lines[last][1]
    return [lines[first][0], lines[first][0] + len(sent[lines[first][0] : end].rstrip())]


def _html_places(sent: str, token: Token, lines: Sequence[Span]) -> list[int]:
    """Where each character of an HTML block stands; its lines end as those of the text do."""
    places: list[int] = []
    assert token.map is not None
    for (start, end), content in zip(lines[token.map[0] :], _LINE.findall(token.content), strict=False):
        written = sent[start:end].rstrip("\r\n")
        kept = content.rstrip("\n")
        first = max(start, start + len(written) - len(kept))
        places += _aligned(sent, (first, start + len(written)), kept)
        places += [start + len(written)] * (len(content) - len(kept))
    end = lines[min(token.map[1], len(lines)) - 1][1]
    return [*places, end]


def _places(sent: str, token: Token, before: Token, lines: list[Span], read: dict[int, int]) -> list[int]:
    """Where each character of a token's content stands. `read` has for each line how far it was read."""
    assert token.map is not None
    places: list[int] = []
    for number, content in enumerate(token.content.split("\n"), start=token.map[0]):
        start, end = lines[number]
        line = max(start, read[number]), end
        first = _first(sent, line, content, before)
        if first >= 0:
            found = list(range(first, first + len(content) + 1))
        else:
            found = _aligned(sent, line, content)
            found.append(found[-1] + 1 if found else line[0])
        places += found
        read[number] = found[-1]
    return places


def _aligned(sent: str, line: Span, content: str) -> list[int]:
    """Where each character of a line stands that is not there as it is.

    That is so in a table's cell with a bar in it, which has a backslash before it, where a tab is in part
    indentation, and where a character is none (U+0000). What is nowhere stands where the next one does.
    """
    at, end = line
    places: list[int] = []
    for character in content:
        found = at if character in " \ufffd" else sent.find(character, at, end)
        at = max(at, found)
        places.append(min(at, max(end - 1, line[0])))
        if character != " " or sent[at : at + 1] == " ":
            at += 1
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
