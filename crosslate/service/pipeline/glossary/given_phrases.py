"""Phrases of a text that a caller brings the translation of, each at its own place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.glossary.terms import FindTerms, Forms, Term
from crosslate.service.pipeline.text.origin import DerivedText


@dataclass(frozen=True, slots=True)
class GivenPhrase:
    """Where a phrase stands in a text, and what is to stand there in its translation, to the letter."""

    span: Span
    target: str

    def without_blanks(self, text: str) -> Span:
        """Its span without those at its ends."""
        start, end = self.span
        inside = text[start:end]
        if not inside.strip():
            return self.span
        return start + len(inside) - len(inside.lstrip()), end - len(inside) + len(inside.rstrip())


class GivenPhrases:
    """The phrases of one text as terms, before those of a glossary.

    Args:
        text: that they stand in.
        phrases: in order, none within another.
        lang: of the translation.
        others: how the terms of a glossary are found.
    """

    def __init__(
        self, text: str, phrases: Sequence[GivenPhrase], lang: str, others: FindTerms | None
    ) -> None:
        self._others = others
        self._terms = [
            Term(span := one.without_blanks(text), span, Forms((one.target,), lang, is_exact=True))
            for one in phrases
        ]

    def find(self, given: DerivedText, words: str) -> list[Term]:
        """Those in a part of the text, and between them the glossary's; see `FindTerms`."""
        start, end = given.span
        own = [term for term in self._terms if start <= term.source[0] and term.source[1] <= end]
        others = [] if self._others is None else self._others(given, words)
        between = [term for term in others if not any(overlap(term.source, one.source) for one in own)]
        return sorted([*own, *between], key=lambda term: term.source)
