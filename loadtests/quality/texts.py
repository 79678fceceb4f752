"""The texts that summaries are judged on, and the sentences that say what each is about."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from training.gap_sentences import split_sentences

TEXTS = Path(__file__).parent / "texts.jsonl"
BLIND = Path(__file__).parent / "blind.jsonl"
BLIND_AGAIN = Path(__file__).parent / "blind_again.jsonl"
BLIND_THIRD = Path(__file__).parent / "blind_third.jsonl"
BLIND_FOURTH = Path(__file__).parent / "blind_fourth.jsonl"
"""Texts that were written and marked after all else, each for one look with a system as it is."""
OTHER_LANGUAGE = "other_language"
"""The kind whose texts no English summarizer should summarize without a word."""
_MARK = re.compile(r"^(?:[-*•>#|]+|\d{1,2}[.)])\s+")
_NOT_ABBREVIATED = re.compile(r"(?<=\bMay\.) (?=[A-Z])|(?<=\bNo\.) (?=[A-Z])")
_ENDED = re.compile(r"[.!?:|]$")
_VERSE = re.compile(r"(?>[^(){}=<>_]+? [^(){}=<>_]+? [^(){}=<>_]+? )[^(){}=<>_]*[\w,]")
"""Four words and more without the signs of code, in the middle of a sentence.

Atomic: other blanks for the first three would change nothing, and a long line has very many to try.
"""
_CONTINUATION = re.compile(r"[a-zà-ÿ]|I\b")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text and its main points, marked by hand before any summary of it was seen."""

    id: str
    kind: str
    text: str
    points: list[list[str]]
    """Each point in one or more exact quotations, any of which says it; none in the texts that are traps."""


def read_texts(file: Path = TEXTS) -> list[MarkedText]:
    """One a line, in the order of the file."""
    return [MarkedText(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def source_units(text: str) -> list[str]:
    """What may stand in a summary whole: the sentences of each line, without marks of list items."""
    return [sentence for line in _unwrapped(text) for sentence in _line_sentences(line)]


def summary_units(text: str) -> list[str]:
    """The sentences of a summary; where it ends a line, it ends a sentence."""
    return [sentence for line in text.splitlines() for sentence in _line_sentences(line.strip())]


def _line_sentences(line: str) -> list[str]:
    # "May." and "No." are taken for abbreviations.
    parts = split_sentences(_MARK.sub("", line)) if line else []
    return [sentence for part in parts for sentence in _NOT_ABBREVIATED.split(part)]


def _unwrapped(text: str) -> list[str]:
    """Lines that are not empty; verse and wrapped prose, where the next line begins in lower case, in one.

    Where most lines begin so, as in chat, that says nothing. A sentence may go on in the next stanza, but
    not from a salutation.
    """
    given = [line.strip() for line in text.splitlines()]
    lines = [
        line
        for before, line, after in zip(["", *given], given, [*given[1:], ""], strict=False)
        if line or not (_VERSE.fullmatch(before) and after[:1].islower())
    ]
    can_go_on = sum(line[:1].islower() for line in lines) < 0.75 * sum(map(bool, lines))
    whole: list[str] = []
    for previous, line in pairwise(["", *lines]):
        is_open = previous and not (_ENDED.search(previous) or previous.isupper())
        if can_go_on and is_open and _CONTINUATION.match(line):
            whole[-1] += f" {line}"
        elif line:
            whole.append(line)
    return whole
