"""What the words of a translation weigh for elements: how clearly each is linked to the words in one."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.placement.elements import Node
from crosslate.service.pipeline.placement.runs import Weights, share_in

WordLink = tuple[Span, int, float]
"""A word of the source, the number of one of the translation, and how clear their link is."""
_UNLINKED = -0.05
"""The weight of a word that is linked to nothing: it may stand between two words of an element."""
_BEST = 0.5
"""What is added for a word that a word of the element is linked to best: with a possessive or an article that
is not in the element it may be one word."""


class LinkWeights:
    """Weighs the words of one translation.

    Args:
        links: in the order of the source.
        num_words: of the translation.
    """

    def __init__(self, links: Sequence[WordLink], num_words: int) -> None:
        self._links = links
        self._total = [0.0] * num_words
        self._clearest: list[tuple[float, Span]] = [(0.0, (0, 0))] * num_words
        for source, number, score in links:
            self._total[number] += score
            self._clearest[number] = max(self._clearest[number], (score, source))

        self._unlinked = [-1.0 if total > 0 else _UNLINKED for total in self._total]
        """What words weigh for an element that none of them is linked to."""

    def of(self, nodes: Sequence[Node]) -> list[tuple[Weights, Node]]:
        """For each of some elements beside each other, in order, the weights of all words.

        From -1, linked to words outside of the element only, up. A word that is linked to another of the
        elements weighs less by the share that it is of the words of that one, which would have to do without.
        """
        if len(nodes) < 2:
            return [(self._own(node), node) for node in nodes]
        owners = self._owners(nodes)
        shares = Counter(owners)
        found: list[tuple[Weights, Node]] = []
        for at, node in enumerate(nodes):
            weights = self._own(node)
            for number, owner in enumerate(owners):
                if owner not in (None, at) and not overlap(self._clearest[number][1], node.text):
                    weights[number] -= 1 / shares[owner]
            found.append((weights, node))
        return found

    def _owners(self, nodes: Sequence[Node]) -> list[int | None]:
        """For each word of the translation the element, by its number here, that it is linked to best."""
        starts = [node.text[0] for node in nodes]
        found: list[int | None] = []
        for _, source in self._clearest:
            at = bisect_right(starts, source[0]) - 1
            found.append(at if at >= 0 and overlap(source, nodes[at].text) else None)
        return found

    def _own(self, node: Node) -> list[float]:
        start, end = node.text
        weights = self._unlinked.copy()
        best: dict[Span, tuple[float, int]] = {}
        for source, number, score in self._links:
            if source[0] >= end:
                break  # they are in order
            if source[1] > start and (share := share_in(node.text, source)):
                weights[number] += 2 * score * share / self._total[number]
                best[source] = max(best.get(source, (0.0, 0)), (score, number))
        for _, number in best.values():
            weights[number] += _BEST
        return weights
