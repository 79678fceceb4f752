"""What a model's attention says of one part and of what it wrote for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText
from crosslate.service.pipeline.glossary.placing import ReadTerm, found_terms
from crosslate.service.pipeline.glossary.terms import FoundTerm, Term
from crosslate.service.pipeline.layout.restoring.word_links import word_links
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.placement.elements import Words
from crosslate.service.pipeline.text.origin import DerivedText, place_in
from crosslate.service.pipeline.wording.emphasis import raised


@dataclass(frozen=True, slots=True)
class PartAttention:
    """The attention between two texts of tokens.

    Args:
        source: as the model read it.
        target: as the model wrote it.
        weights: `(T, S)`, or `(L, H, T, S)`.
        config: where in it the alignment is.
    """

    source: TokenizedText
    target: TokenizedText
    weights: FloatArray
    config: AlignmentConfig

    @classmethod
    def of(
        cls,
        source: TokenizedText | None,
        target: TokenizedText | None,
        weights: FloatArray | None,
        config: AlignmentConfig | None,
    ) -> Self:
        """Of a part that needs it: all of it was asked for, then.

        Raises:
            RuntimeError: it was not.
        """
        if source is None or target is None or weights is None or config is None:
            raise RuntimeError("terms or marks are to be placed by attention, but nobody asked for any")
        return cls(source, target, weights, config)

    def terms(self, terms: Sequence[Term], read: DerivedText) -> tuple[FoundTerm, ...]:
        """What became of those of a glossary, which have their places in the text that `read` leads to."""
        placed = [
            ReadTerm(term, place) for term in terms if (place := place_in(read, term.source)) is not None
        ]
        return tuple(found_terms(placed, self.source, self.target, self.weights, self.config))

    def raised(
        self, answer: DerivedText, read: DerivedText, emphasized: Sequence[Span], lang: str
    ) -> DerivedText:
        """An answer in this language, in capitals what is linked to these spans of the sent text."""
        return raised(answer, read, emphasized, self.links_to(answer)[0], lang)

    def links_to(self, answer: DerivedText) -> tuple[list[Link], Words | None]:
        """From what was read to an answer that leads to what was written.

        And the words of both, where the links are between these.
        """
        links, words = word_links(self.source, self.target, self.weights, self.config)
        if answer.text == self.target.text:
            return links, words
        written = answer.origin.inverted(len(self.target.text))
        return [Link(link.source, written.span(link.target), link.score) for link in links], None
