"""Runs of marks, `Thanks!!` and `Really??`: a model reads one mark, and its answer gets the run.

Vocabularies have few runs: of `Are you sure??` models drop a mark, of `Thanks so much!!` the thanks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.text.origin import DerivedText, place_in

_RUN = re.compile(r"(?<=[^\s!?])[!?]{2,}(?![\w=!?])")
_MARKS = re.compile(r"[!?]+(?![\w=])")
_AT_END = re.compile(r"[.!?]+(?=[\"'”’»)]*$)")


@dataclass(frozen=True, slots=True)
class MarkRuns:
    """Writes the marks of an output as those of its source were typed."""

    typed: tuple[str, ...]
    """Every mark or run of them, in order."""
    ends_in_run: bool

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with the source's runs: each at its place, or the last one where marks were left out."""
        found = list(_MARKS.finditer(written.text))
        if len(found) == len(self.typed):
            return written.edited([(m.span(), typed) for m, typed in zip(found, self.typed, strict=True)])
        last = _AT_END.search(written.text) if self.ends_in_run else None
        return written if last is None else written.edited([(last.span(), self.typed[-1])])


def with_single_marks(given: DerivedText, kept: Sequence[Span]) -> DerivedText:
    """The text with one mark for each run of them, a question mark where there is one in it.

    Args:
        given: a text or a part of one.
        kept: spans of it that stay as they are.
    """
    if not any(run in given.text for run in ("!!", "??", "!?", "?!")):
        return given
    edits = ((run.span(), "?" if "?" in run.group() else "!") for run in _RUN.finditer(given.text))
    return given.edited_beside(edits, kept)


def mark_runs(source: DerivedText, sent: str, seen: DerivedText | None = None) -> MarkRuns | None:
    """Those that a text, as the model reads it, has a single mark for; None where there are none.

    Args:
        source: as the model reads it.
        sent: the whole text that it leads to.
        seen: of markup what a reader sees of the passage.
    """
    marks = list(_MARKS.finditer(source.text))
    typed = tuple(_typed(source, mark.span(), sent, seen) for mark in marks)
    if all(mark.group() == one for mark, one in zip(marks, typed, strict=True)):
        return None
    is_last = not any(map(str.isalnum, source.text[marks[-1].end() :]))
    return MarkRuns(typed, is_last and len(typed[-1]) > 1)


def _typed(source: DerivedText, span: Span, sent: str, seen: DerivedText | None) -> str:
    written = source.origin.span(span)
    if seen is None:
        return sent[slice(*written)]
    place = place_in(seen, written)
    return source.text[slice(*span)] if place is None else seen.text[slice(*place)]
