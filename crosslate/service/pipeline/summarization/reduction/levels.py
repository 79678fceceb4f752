"""What stands between the summaries of parts."""

from __future__ import annotations

from crosslate.service.pipeline.passes.joined import Gap
from crosslate.service.pipeline.sentences.joining import ends_without_blank


def between_paragraphs(num_parts: int) -> Gap:
    """Where they are read again: no sentence goes on across it."""
    return lambda number, _: "\n\n" if 0 < number < num_parts else ""


def between_sentences(num_parts: int) -> Gap:
    """Where they are the summary."""
    return lambda number, written: " " if 0 < number < num_parts and not ends_without_blank(written) else ""


def between_lines(num_parts: int) -> Gap:
    """Where they are, and each unit of theirs has a line of its own."""
    return lambda number, _: "\n" if 0 < number < num_parts else ""
