"""Texts whose main sentences are marked: `[[what a summary has to say]]`, `{{what comes next}}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crosslate.models.tokenizers.tokenizer import Span

TEXTS = Path(__file__).parent / "texts.txt"
_MARK = re.compile(r"\[\[|\]\]|\{\{|\}\}")
_WEIGHTS = {"[[": 1.0, "{{": 0.4}


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text and how much each of its marked spans matters, 0 to 1."""

    kind: str
    text: str
    marked: list[tuple[Span, float]]


def read_texts(file: Path = TEXTS) -> Iterator[MarkedText]:
    """Those of a file, in which a line `=== kind` precedes each."""
    for block in file.read_text(encoding="utf-8").split("=== ")[1:]:
        kind, body = block.split("\n", 1)
        yield _marked_text(kind, body.rstrip("\n"))


def _marked_text(kind: str, body: str) -> MarkedText:
    text, end = "", 0
    begun: tuple[int, str] | None = None
    marked: list[tuple[Span, float]] = []
    for mark in _MARK.finditer(body):
        text += body[end : mark.start()]
        end = mark.end()
        if begun is None:
            begun = len(text), mark.group()
        else:
            marked.append(((begun[0], len(text)), _WEIGHTS[begun[1]]))
            begun = None
    return MarkedText(kind, text + body[end:], marked)
