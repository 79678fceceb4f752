"""The levels that a document goes through on its way to a summary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.tokenizer import Span
from service.pipeline.joining import ends_without_blank
from service.pipeline.summarization.part_generation import ChunkSummary

Separator = Callable[[str], str]
"""What follows a summary, if another comes after it."""


def between_paragraphs(_before: str) -> str:
    """Between the chunks' summaries when they are read again: no sentence goes on across them."""
    return "\n\n"


def between_sentences(before: str) -> str:
    """Between them when they are the summary."""
    return "" if ends_without_blank(before) else " "


@dataclass(frozen=True, slots=True)
class Level:
    """The chunks of one reading of a document, in order."""

    summaries: list[ChunkSummary]

    def joined(self, separator: Separator) -> str:
        """Their summaries as one text."""
        *before, last = [summary.text for summary in self.summaries]
        return "".join(text + separator(text) for text in before) + last

    def placed(self, separator: Separator) -> list[Span]:
        """Where each summary stands in `joined`."""
        spans: list[Span] = []
        start = 0
        for summary in self.summaries:
            spans.append((start, start + len(summary.text)))
            start += len(summary.text) + len(separator(summary.text))
        return spans
