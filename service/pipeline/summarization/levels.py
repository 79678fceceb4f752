"""The levels that a document goes through on its way to a summary."""

from __future__ import annotations

from dataclasses import dataclass

from models.tokenizer import Span
from service.pipeline.summarization.part_generation import ChunkSummary

BETWEEN_PARAGRAPHS = "\n\n"
"""Between the chunks' summaries when they are read again: no sentence goes on across them."""
BETWEEN_SENTENCES = " "
"""Between them when they are the summary."""


@dataclass(frozen=True, slots=True)
class Level:
    """The chunks of one reading of a document, in order."""

    summaries: list[ChunkSummary]

    def joined(self, separator: str) -> str:
        """Their summaries as one text."""
        return separator.join(summary.text for summary in self.summaries)

    def placed(self, separator: str) -> list[Span]:
        """Where each summary stands in `joined`."""
        spans: list[Span] = []
        start = 0
        for summary in self.summaries:
            spans.append((start, start + len(summary.text)))
            start += len(summary.text) + len(separator)
        return spans
