"""The words of subtitles: their tags, their lines, and dividing a translation among several cues."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from crosslate.service.documents.document import has_words
from crosslate.service.documents.inline import Ends, Item, Mark, Run, Wrap
from crosslate.service.documents.pairs import paired

_TAG = re.compile(r"(</?[A-Za-z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\})")
_TAG_NAME = re.compile(r"</?([A-Za-z]+)")
_WORD = re.compile(r"(?:<[^<>]*>|\{\\[^{}]*\}|[^\s])+")
_SIGN = re.compile(r"<[^<>]*>|\{\\[^{}]*\}|&#?\w+;|\S")
"""A letter, or what must not be cut."""
_SPEAKER = re.compile(r"^\s*(?:<[^<>]*>)*[-–—]\s*\S")
XML_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
WEBVTT_ESCAPES = {**XML_ESCAPES, "\xa0": "&nbsp;", "\u200e": "&lrm;", "\u200f": "&rlm;"}
"""All that it needs, or that nobody sees in a file."""
NO_ESCAPES: Mapping[str, str] = {}
_LINE_CHARACTERS = 42
"""What subtitlers give a line at most."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where one cue ends and the next one begins."""


BOUNDARY = Boundary()


def items_of(text: str, escapes: Mapping[str, str]) -> list[Item]:
    """A cue's words and tags; with any escapes `&amp;` stands for an ampersand."""
    found: list[Item] = []
    for number, piece in enumerate(_TAG.split(" ".join(text.split()))):
        if number % 2:
            found.append(Mark([piece]))
        elif piece:
            found.append(Run(_unescaped(piece) if escapes else piece))
    return paired(found, _opens, _closes)


def is_dialogue(text: str) -> bool:
    """Whether each line of a cue is another speaker's."""
    lines = text.splitlines()
    return len(lines) > 1 and all(map(_SPEAKER.match, lines[1:]))


def divided(items: Iterable[Item], originals: Sequence[str], escapes: Mapping[str, str]) -> list[str]:
    """A translation's text for each cue, on about as many lines as the original has there.

    Where the places of the boundaries leave a cue without words, lengths decide instead.
    """
    parts = _cut(items, escapes)
    if len(parts) != len(originals) or not all(map(has_words, parts)):
        parts = _by_length(" ".join(parts), [len(text) for text in originals])
    return [_on_lines(part, original) for part, original in zip(parts, originals, strict=True)]


def _cut(items: Iterable[Item], escapes: Mapping[str, str]) -> list[str]:
    parts = [""]
    opened: list[Ends] = []

    def write(items: Iterable[Item]) -> None:
        for item in items:
            match item:
                case Run(text=text):
                    parts[-1] += "".join(escapes.get(sign, sign) for sign in text)
                case Mark(source=sources):
                    for source in sources:
                        if source is BOUNDARY:
                            # What is open goes on in the next cue, as it would have to in a file.
                            parts[-1] += "".join(_all(ends.closing for ends in reversed(opened)))
                            parts.append("".join(_all(ends.opening for ends in opened)))
                        else:
                            parts[-1] += source
                case Wrap(source=ends, items=inner):
                    parts[-1] += "".join(ends.opening)
                    opened.append(ends)
                    write(inner)
                    opened.pop()
                    parts[-1] += "".join(ends.closing)

    write(items)
    return [part.strip() for part in parts]


def _all(groups: Iterable[Sequence[str]]) -> Iterator[str]:
    for group in groups:
        yield from group


def _by_length(text: str, lengths: Sequence[int]) -> list[str]:
    """A text cut between words, at the shares that the parts have of the original."""
    units = _WORD.findall(text)
    blank = " "
    if len(units) < len(lengths):
        units, blank = _SIGN.findall(text), ""
    total, sizes = sum(lengths) or 1, [len(unit) + len(blank) for unit in units]
    whole = sum(sizes)
    parts, at, passed, wanted = [], 0, 0.0, 0.0
    for number, length in enumerate(lengths):
        wanted += whole * length / total
        start, num_left = at, len(lengths) - number - 1
        # At least one word for each that follows.
        while at < len(units) - num_left and (
            at == start or passed + sizes[at] / 2 <= wanted or not num_left
        ):
            passed += sizes[at]
            at += 1
        parts.append(blank.join(units[start:at]))
    return parts


def _on_lines(text: str, original: str) -> str:
    """On as many lines as the original, or on more where these would be too long to be read."""
    old = original.splitlines()
    longest = max([_LINE_CHARACTERS, *map(len, old)])
    words = _WORD.findall(text)
    total = sum(map(_width, words)) + len(words) - 1
    num_lines = min(max(len(old), ceil(total / longest)), len(words))
    if num_lines <= 1:
        return text
    return "\n".join(_by_length(text, [1] * num_lines)) if " " in text else text


def _width(word: str) -> int:
    return len(_TAG.sub("", word))


def _opens(piece: str) -> str | None:
    name = _TAG_NAME.match(piece)
    return name[1].lower() if name and not piece.startswith("</") else None


def _closes(piece: str) -> str | None:
    name = _TAG_NAME.match(piece)
    return name[1].lower() if name and piece.startswith("</") else None


def _unescaped(text: str) -> str:
    return html.unescape(text)
