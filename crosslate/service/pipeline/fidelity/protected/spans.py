"""Spans of a text that have to be in its translation as they are, and what is done with several of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crosslate.models.tokenizers.tokenizer import Span, overlap


class Kind(StrEnum):
    """What a protected span is."""

    PLACEHOLDER = "placeholder"
    MASK = "mask"
    """A placeholder that is no part of the words that it stands against."""
    TAG = "tag"
    ADDRESS = "address"
    CODE = "code"
    EMOJI = "emoji"
    SIGN = "sign"
    WORD = "word"
    NUMBER = "number"
    ORDINAL = "ordinal"
    """A number of a message with the letters that make it an ordinal one: `#th`."""
    PATTERN = "pattern"
    """The caller's own."""


@dataclass(frozen=True, slots=True, order=True)
class Protected:
    """A span of a text that has to be in its translation as it is."""

    span: Span
    kind: Kind


def blanked(text: str, spans: Iterable[Span]) -> str:
    """With blanks instead of these spans, which are in order, of the same length."""
    return covered(text, spans, " ")


def covered(text: str, spans: Iterable[Span], sign: str) -> str:
    """With one sign instead of every character of these spans, which are in order."""
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += text[at:start], sign * (end - start)
        at = end
    return "".join((*parts, text[at:])) if parts else text


def without_overlaps(spans: list[Protected]) -> list[Protected]:
    """In order; of two that overlap, the one that begins first, or the longer."""
    kept: list[Protected] = []
    for one in sorted(spans, key=lambda one: (one.span[0], -one.span[1])):
        if not kept or kept[-1].span[1] <= one.span[0]:
            kept.append(one)
    return kept


def united(spans: Iterable[Protected]) -> list[Protected]:
    """In order; those that overlap as one, which is the caller's where one of them is."""
    found: list[Protected] = []
    for one in sorted(spans):
        if not found or found[-1].span[1] <= one.span[0]:
            found.append(one)
            continue
        last = found.pop()
        kind = Kind.PATTERN if Kind.PATTERN in {last.kind, one.kind} else last.kind
        found.append(Protected((last.span[0], max(last.span[1], one.span[1])), kind))
    return found


def unbroken(spans: Sequence[Span], protected: Sequence[Protected]) -> list[Span]:
    """Spans in order, those as one between which a protected span lies across; none begins or ends in one."""
    if not protected:
        return list(spans)
    found: list[Span] = []
    for span in spans:
        start, end = span
        for one in protected:
            if overlap(one.span, (start, end)):
                start, end = min(start, one.span[0]), max(end, one.span[1])
        if found and start < found[-1][1]:
            start = found.pop()[0]
        found.append((start, end))
    return found
