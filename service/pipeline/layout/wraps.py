"""Inline marks into a translation: around the words that are linked to the words that they stood around.

Nesting is that of the source: a mark is placed within the words of the mark that it was in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.tokenizer import Span
from service.pipeline.layout.passages import Wrap
from service.pipeline.layout.placing import Edit
from service.pipeline.origin import DerivedText
from service.pipeline.types import Link
from service.pipeline.words import segment_words

_UNLINKED = -0.05
"""The weight of a word that is linked to nothing: it may stand between two words that belong to a mark."""
_MIN_COPY = 3
"""Characters of words that are looked for as they are."""
_QUOTES = "\"'“”‘’«»„"


@dataclass(frozen=True, slots=True)
class PlacedWraps:
    """Where the marks of a part go."""

    edits: list[Edit]
    """Of the translation; at the same place in the order in which they are to stand."""
    guessed: list[Span]
    """In the sent text: the marks whose words no word of the translation is linked to."""


@dataclass(slots=True)
class _Node:
    wrap: Wrap
    children: list[_Node] = field(default_factory=list)
    target: Span = (0, 0)
    """In words of the translation."""


def place_wraps(text: str, wraps: Sequence[Wrap], links: Sequence[Link], source: DerivedText) -> PlacedWraps:
    """Where marks go in a translation.

    Args:
        text: the translation, without marks.
        wraps: the marks within its source, outer ones before inner ones.
        links: from the sent text to `text`, in code points.
        source: as it was read.
    """
    return _Placing(text, wraps, links, source).placed()


class _Placing:
    def __init__(self, text: str, wraps: Sequence[Wrap], links: Sequence[Link], source: DerivedText) -> None:
        self._text = text
        self._wraps = wraps
        self._links = links
        self._source = source
        self._words = [w for w in segment_words(text) if any(map(str.isalnum, text[slice(*w)]))]
        self._guessed: list[Span] = []

    def placed(self) -> PlacedWraps:
        if not self._words:
            return PlacedWraps([*self._around_all()], [wrap.span for wrap in self._wraps])
        roots = _trees([wrap for wrap in self._wraps if not wrap.is_point])
        self._place(roots, (0, len(self._words)), self._source.span)
        edits = [edit for root in roots for edit in self._edits(root, (0, len(self._text)))]
        points = [self._point(wrap) for wrap in self._wraps if wrap.is_point]
        return PlacedWraps([*edits, *points], self._guessed)

    def _around_all(self) -> Iterator[Edit]:
        end = len(self._text)
        yield from (((0, 0), wrap.opening) for wrap in self._wraps if wrap.opening)
        yield from (((end, end), wrap.closing) for wrap in reversed(self._wraps) if wrap.closing)

    def _place(self, nodes: Sequence[_Node], within: Span, outer: Span) -> None:
        """Choose the words of each node; those with the clearest links first."""
        free = [within]
        weights = {id(node): self._weights(node.wrap) for node in nodes}
        clearest = sorted(nodes, key=lambda node: -float(weights[id(node)].max()))
        for node in clearest:
            node.target = self._choose(node.wrap, weights[id(node)], free, within, outer)
            free = [part for span in free for part in _without(span, node.target)]
            self._place(node.children, node.target, node.wrap.inner)
        nodes_in_order = sorted(nodes, key=lambda node: node.target)
        if isinstance(nodes, list):
            nodes[:] = nodes_in_order

    def _choose(
        self, wrap: Wrap, weights: npt.NDArray[np.float64], free: Sequence[Span], within: Span, outer: Span
    ) -> Span:
        if within in free and self._num_letters(wrap.inner) == self._num_letters(outer):
            return within
        if (copy := self._copy(wrap, free)) is not None:
            return copy
        best, best_sum = None, 0.0
        for first, last in free:
            found, total = _heaviest(
                weights[first:last], is_prefix=not wrap.opening, is_suffix=not wrap.closing
            )
            if total > best_sum:
                best, best_sum = (first + found[0], first + found[1]), total
        if best is not None:
            return best
        self._guessed.append(wrap.span)
        return self._guess(wrap, free, within)

    def _weights(self, wrap: Wrap) -> npt.NDArray[np.float64]:
        """For each word of the translation from -1, linked to words outside of the mark, to 1, inside."""
        inside, total = np.zeros(len(self._words)), np.zeros(len(self._words))
        starts = [start for start, _ in self._words]
        for link in self._links:
            index = int(np.searchsorted(starts, link.target[0], side="right")) - 1
            if index >= 0 and link.target[0] < self._words[index][1]:
                total[index] += link.score
                inside[index] += link.score * _overlap(link.source, wrap.inner)
        return np.where(total > 0, 2 * inside / np.maximum(total, 1e-9) - 1, _UNLINKED)

    def _copy(self, wrap: Wrap, free: Sequence[Span]) -> Span | None:
        """Words that stand in the translation, once, as they are in the source."""
        words = self._read(wrap.inner).strip()
        if len(words) < _MIN_COPY or self._text.count(words) != 1:
            return None
        start = self._text.index(words)
        inside = [i for i, w in enumerate(self._words) if w[0] < start + len(words) and w[1] > start]
        if not inside or self._words[inside[0]][0] < start or self._words[inside[-1]][1] > start + len(words):
            return None
        span = inside[0], inside[-1] + 1
        return span if any(first <= span[0] and span[1] <= last for first, last in free) else None

    def _guess(self, wrap: Wrap, free: Sequence[Span], within: Span) -> Span:
        """Words at the corresponding place."""
        spans = [span for span in free if span[0] < span[1]] or [within]
        wanted = self._fraction(wrap.inner[0]) * len(self._words)
        first, last = min(spans, key=lambda span: max(span[0] - wanted, wanted - span[1] + 1, 0))
        at = min(max(int(wanted), first), last - 1)
        return (first if not wrap.opening else at), (last if not wrap.closing else at + 1)

    def _point(self, wrap: Wrap) -> Edit:
        """A mark without words: behind the word that is linked to the one before it."""
        place = wrap.span[0]
        before = [link for link in self._links if link.source[0] < place]
        nearest = max((link.source[1] for link in before), default=None)
        ends = [link.target[1] for link in before if link.source[1] == nearest]
        if ends:
            at = max(ends)
        else:
            self._guessed.append(wrap.span)
            at = self._words[min(int(self._fraction(place) * len(self._words)), len(self._words) - 1)][1]
        return (at, at), wrap.opening

    def _edits(self, node: _Node, limits: Span) -> Iterator[Edit]:
        start, end = self._characters(node, limits)
        if node.wrap.opening:
            yield (start, start), node.wrap.opening
        for child in node.children:
            yield from self._edits(child, (start, end))
        if node.wrap.closing:
            yield (end, end), node.wrap.closing

    def _characters(self, node: _Node, limits: Span) -> Span:
        """The words, with the marks of punctuation that the source has within the mark too."""
        start, end = self._words[node.target[0]][0], self._words[node.target[1] - 1][1]
        words = self._read(node.wrap.inner).strip()
        while end < limits[1] and words and _same_sign(words[-1], self._text[end]):
            words, end = words[:-1], end + 1
        while start > limits[0] and words and _same_sign(words[0], self._text[start - 1]):
            words, start = words[1:], start - 1
        return start, end

    def _read(self, span: Span) -> str:
        """What was read of a span of the sent text."""
        first, last = np.searchsorted(self._source.origin.starts[:-1], np.array(span, dtype=np.int32))
        return self._source.text[first:last]

    def _num_letters(self, span: Span) -> int:
        return sum(map(str.isalnum, self._read(span)))

    def _fraction(self, place: int) -> float:
        return len(self._read((self._source.span[0], place))) / max(len(self._source.text), 1)


def _trees(wraps: Sequence[Wrap]) -> list[_Node]:
    roots: list[_Node] = []
    path: list[_Node] = []
    for wrap in wraps:
        while path and not (
            path[-1].wrap.inner[0] <= wrap.inner[0] and wrap.inner[1] <= path[-1].wrap.inner[1]
        ):
            path.pop()
        node = _Node(wrap)
        (path[-1].children if path else roots).append(node)
        path.append(node)
    return roots


def _heaviest(weights: npt.NDArray[np.float64], *, is_prefix: bool, is_suffix: bool) -> tuple[Span, float]:
    """The run of words whose weights are most together; from the beginning, or to the end, where it must."""
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    best, best_sum = (0, 0), 0.0
    lowest = 0
    for end in range(1, len(sums)):
        if not is_prefix and sums[end - 1] < sums[lowest]:
            lowest = end - 1
        total = float(sums[end] - sums[lowest])
        if total > best_sum and (not is_suffix or end == len(sums) - 1):
            best, best_sum = (lowest, end), total
    return best, best_sum


def _without(span: Span, taken: Span) -> list[Span]:
    parts = [(span[0], min(span[1], taken[0])), (max(span[0], taken[1]), span[1])]
    return [part for part in parts if part[0] < part[1]]


def _overlap(span: Span, inner: Span) -> float:
    return max(0, min(span[1], inner[1]) - max(span[0], inner[0])) / max(span[1] - span[0], 1)


def _same_sign(one: str, other: str) -> bool:
    return not one.isalnum() and (one == other or (one in _QUOTES and other in _QUOTES))
