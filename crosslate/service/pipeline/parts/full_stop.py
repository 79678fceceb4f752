"""What stands behind a label: with a full stop, models take a few words for a sentence, and say them once.

A mark that a label has not is no part of its translation: the starter model makes `Olá,` of `Hello`.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from crosslate.service.pipeline.language.marks import CLAUSE_MARKS, FULL_STOPS, full_stop_of
from crosslate.service.pipeline.parts.part import Part, Reader
from crosslate.service.pipeline.text.origin import DerivedText

_MARK = re.compile(rf"\s*[,;:{CLAUSE_MARKS}]$|(?<=[)%])\.$")
_DASH = re.compile(r"\s+[-–—]$")
_STOP = re.compile(rf"\s*(?<![.{FULL_STOPS}])[.{FULL_STOPS}]$")


@dataclass(frozen=True, slots=True)
class WithoutFullStop:
    """Takes the full stop away again."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text without it; as it is where there is none, or more than one."""
        match = _STOP.search(written.text)
        return written if match is None else written.edited([(match.span(), "")])


@dataclass(frozen=True, slots=True)
class WithoutMark:
    """Takes away a mark that ends no sentence."""

    has_dash: bool = True
    """Whether the source has one, which may have come to stand at the end."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text without it; as it is where there is none."""
        match = _MARK.search(written.text) or (None if self.has_dash else _DASH.search(written.text))
        return written if match is None else written.edited([(match.span(), "")])


def with_full_stop(part: Part, reader: Reader) -> Part:
    """The part as a sentence; its answer has no full stop."""
    end, stop = len(part.text), full_stop_of(reader.source_lang or "")
    read = reader.part(part.source.edited([((end, end), stop)]), layout=part.layout, treatment=part.treatment)
    return dataclasses.replace(
        part, source=read.source, ids=read.ids, tokens=read.tokens, restore=(WithoutFullStop(), *part.restore)
    )


@dataclass(frozen=True, slots=True)
class WithoutParenthesis:
    """Takes the parenthesis around an output away again."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text without it, also where half of it was left out."""
        text, size = written.text, len(written.text)
        edits = [((0, 1), "")] * text.startswith("(") + [((size - 1, size), "")] * text.endswith(")")
        return written.edited(edits)


def in_parentheses(part: Part, reader: Reader) -> Part | None:
    """A word as the parenthesis that it stands in; None of more, and where that was tried."""
    if not part.text.isalpha() or any(isinstance(step, WithoutParenthesis) for step in part.restore):
        return None
    end = len(part.text)
    source = part.source.edited([((0, 0), "("), ((end, end), ")")])
    read = reader.part(source, layout=part.layout, treatment=part.treatment)
    return dataclasses.replace(
        part,
        source=source,
        ids=read.ids,
        tokens=read.tokens,
        restore=(WithoutParenthesis(), *part.restore),
    )
