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
_BEST = 0.5
"""What is added for a word that a marked word is linked to best: with a possessive or an article that is not
marked it may be one word."""
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
    """In words of the translation; of a mark without words, behind which one it stands."""

    def descendants(self) -> Iterator[_Node]:
        for child in self.children:
            yield child
            yield from child.descendants()


def place_wraps(
    text: str,
    wraps: Sequence[Wrap],
    links: Sequence[Link],
    source: DerivedText,
    fixed: Sequence[Span] = (),
) -> PlacedWraps:
    """Where marks go in a translation.

    Args:
        text: the translation, without marks.
        wraps: the marks within its source, outer ones before inner ones.
        links: from the sent text to `text`, in code points.
        source: as it was read.
        fixed: spans of `text` that no mark may stand in.
    """
    return _Placing(text, _words(text, fixed), links, source).placed(wraps)


class _Placing:
    def __init__(self, text: str, words: Sequence[Span], links: Sequence[Link], source: DerivedText) -> None:
        self._text = text
        self._words = words
        self._links = links
        self._source = source
        self._starts = [start for start, _ in self._words]
        self._guessed: list[Span] = []

    def placed(self, wraps: Sequence[Wrap]) -> PlacedWraps:
        whole = 0, len(self._text)
        if not self._words:
            return PlacedWraps([*self._around(wraps)], [wrap.span for wrap in wraps])
        roots = self._place(_trees(wraps), (0, len(self._words)), self._source.span)
        return PlacedWraps([*self._edits_of(roots, whole)], self._guessed)

    def _around(self, wraps: Sequence[Wrap]) -> Iterator[Edit]:
        end = len(self._text)
        yield from (((0, 0), wrap.opening) for wrap in wraps if wrap.opening)
        yield from (((end, end), wrap.closing) for wrap in reversed(wraps) if wrap.closing)

    def _place(self, nodes: Sequence[_Node], within: Span, outer: Span) -> list[_Node]:
        """Choose the words of each node, those with the clearest links first; the nodes in order of words."""
        free = [within]
        placed: list[_Node] = []
        weighed = [(self._weights(node.wrap), node) for node in nodes if not node.wrap.is_point]
        for weights, node in sorted(weighed, key=lambda item: -float(item[0].max())):
            if not free:  # more marks than words
                self._enclose(placed, node)
                continue
            node.target = self._choose(node.wrap, weights, free, within, outer)
            free = [part for span in free for part in _without(span, node.target)]
            node.children = self._place(node.children, node.target, node.wrap.inner)
            placed.append(node)
        for node in nodes:
            if node.wrap.is_point:
                at = min(max(self._behind(node.wrap), within[0]), within[1])
                hosts = [host.target[1] for host in placed if host.target[0] < at < host.target[1]]
                node.target = (hosts[0] if hosts else at,) * 2
        points = [node for node in nodes if node.wrap.is_point]
        return sorted([*placed, *points], key=lambda node: node.target)

    def _enclose(self, placed: list[_Node], node: _Node) -> None:
        """Put a mark, and all in it, around the words of another one."""
        host = placed.pop()
        inside = [node, *node.descendants()]
        chain = [one for one in inside if not one.wrap.is_point]
        for point in inside:
            if point.wrap.is_point:
                point.target = (host.target[1], host.target[1])
                placed.append(point)
        for outer, inner in zip(chain, [*chain[1:], host], strict=True):
            outer.target, outer.children = host.target, [inner]
            self._guessed.append(outer.wrap.span)
        placed.append(node)

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
        """For each word of the translation from -1, linked to words outside of the mark only, up."""
        inside, total = np.zeros(len(self._words)), np.zeros(len(self._words))
        best: dict[Span, tuple[float, int]] = {}
        for link in self._links:
            index = int(np.searchsorted(self._starts, link.target[0], side="right")) - 1
            if index >= 0 and link.target[0] < self._words[index][1]:
                total[index] += link.score
                share = _overlap(link.source, wrap.span)
                inside[index] += link.score * share
                if share:
                    best[link.source] = max(best.get(link.source, (0.0, 0)), (link.score, index))
        weights = np.where(total > 0, 2 * inside / np.maximum(total, 1e-9) - 1, _UNLINKED)
        for _, index in best.values():
            weights[index] += _BEST
        return weights

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
        at = min(max(round(wanted), first), last - 1)
        return (first if not wrap.opening else at), (last if not wrap.closing else at + 1)

    def _behind(self, wrap: Wrap) -> int:
        """How many words are before a mark without words: the last is linked to the word before the mark."""
        place = wrap.span[0]
        before = [link for link in self._links if link.source[0] < place]
        nearest = max((link.source[1] for link in before), default=None)
        ends = [link.target[1] for link in before if link.source[1] == nearest]
        if ends:
            return sum(start < max(ends) for start in self._starts)
        self._guessed.append(wrap.span)
        return max(1, round(self._fraction(place) * len(self._words)))

    def _edits_of(self, nodes: Sequence[_Node], limits: Span) -> Iterator[Edit]:
        for node in nodes:
            if node.wrap.is_point:
                at = self._words[node.target[0] - 1][1] if node.target[0] else limits[0]
                at = max(at, limits[0])
                yield (at, at), node.wrap.opening
                continue
            start, end = self._characters(node, limits)
            if node.wrap.opening:
                yield (start, start), node.wrap.opening
            yield from self._edits_of(node.children, (start, end))
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
        origin = self._source.origin
        first = int(np.searchsorted(origin.ends[1:], span[0], side="right"))
        last = int(np.searchsorted(origin.starts[:-1], span[1]))
        return self._source.text[first:last]

    def _num_letters(self, span: Span) -> int:
        return sum(map(str.isalnum, self._read(span)))

    def _fraction(self, place: int) -> float:
        return len(self._read((self._source.span[0], place))) / max(len(self._source.text), 1)


def _words(text: str, fixed: Sequence[Span]) -> list[Span]:
    """Words with a letter or digit; each of the fixed spans is one."""
    words = [word for word in segment_words(text) if any(map(str.isalnum, text[slice(*word)]))]
    if not fixed:
        return words
    return sorted(
        {*fixed, *(word for word in words if not any(a < word[1] and word[0] < b for a, b in fixed))}
    )


def _trees(wraps: Sequence[Wrap]) -> list[_Node]:
    roots: list[_Node] = []
    path: list[_Node] = []
    for wrap in wraps:
        while path and path[-1].wrap.inner[1] < wrap.inner[1]:
            path.pop()
        node = _Node(wrap)
        (path[-1].children if path else roots).append(node)
        if not wrap.is_point:
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
    """The share of a span that lies in another one."""
    return max(0, min(span[1], inner[1]) - max(span[0], inner[0])) / max(span[1] - span[0], 1)


def _same_sign(one: str, other: str) -> bool:
    return not one.isalnum() and (one == other or (one in _QUOTES and other in _QUOTES))
