"""Words of a text and of its translation, and what is linked, while some of them are cut in pieces."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.links import Link


@dataclass(frozen=True, slots=True)
class LinkedWords:
    """The words of both, in order, and the links between them."""

    source: Sequence[Span]
    target: Sequence[Span]
    links: Sequence[Link]

    def targets_of(self, word: Span) -> list[Span]:
        """What a word of the source is linked to, as far as it is a word still, in the order of the links."""
        return [link.target for link in self.links if link.source == word and link.target in self.target]

    def parted(
        self,
        word: Span,
        parts: Sequence[Span],
        instead: Collection[Span],
        pieces: Collection[Span],
        links: Sequence[Link],
    ) -> LinkedWords:
        """With a word of the source in parts.

        Args:
            word: which one.
            parts: of it, in order.
            instead: words of the target that are in pieces now.
            pieces: of these.
            links: of the parts, in the place of all that the word and what these lead to had.
        """
        at, gone = self.source.index(word), {*instead, *(link.target for link in links)}
        kept = [link for link in self.links if link.source != word and link.target not in gone]
        return LinkedWords(
            source=[*self.source[:at], *parts, *self.source[at + 1 :]],
            target=sorted({*self.target} - {*instead} | {*pieces}),
            links=[*kept, *links],
        )
