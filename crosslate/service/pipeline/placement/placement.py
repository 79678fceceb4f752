"""Elements of a source into its translation: around the words linked to the words that they stood around.

Each stands in the translation once, in the element that it was in, around words that follow each other. Where
the words of one are parted in the translation it is not repeated: it stands around those with the clearest
links, and around what is between two of these where that is little.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.placement.between import Between
from crosslate.service.pipeline.placement.borders import borders, borders_around
from crosslate.service.pipeline.placement.copied_words import (
    borders_in_words,
    cut,
    signs_in_words,
    split_copies,
    split_figures,
)
from crosslate.service.pipeline.placement.elements import Element, Node, Placement, Words, is_last, nodes_of
from crosslate.service.pipeline.placement.enclosing import enclose, place_at_end
from crosslate.service.pipeline.placement.joined_words import split_joined
from crosslate.service.pipeline.placement.kept import lettered, outermost, split_kept, words_beside
from crosslate.service.pipeline.placement.link_weights import LinkWeights, WordLink
from crosslate.service.pipeline.placement.linked_words import LinkedWords
from crosslate.service.pipeline.placement.runs import Weights, heaviest, without
from crosslate.service.pipeline.placement.signs import clings_to_next, has_all_letters, nearest
from crosslate.service.pipeline.placement.touching import between_words
from crosslate.service.pipeline.sentences.splitting import has_word
from crosslate.service.pipeline.text.words import segment_words

_MIN_COPY = 3
"""Characters of words that are looked for as they are."""


def place(
    elements: Sequence[Element],
    links: Sequence[Link],
    source: str,
    target: str,
    *,
    fixed: Sequence[Span] = (),
    words: Words | None = None,
) -> Placement:
    """Where the elements go.

    Args:
        elements: in the order of their beginnings, outer ones before inner ones; those of one parent apart.
        links: between the words of both texts, in code points.
        source: a text.
        target: its translation.
        fixed: spans of the translation that no element may begin or end in.
        words: of both texts, where they are known.
    """
    if words is None:
        words = Words(segment_words(source), segment_words(target))
    fixed = outermost(fixed)
    read, written = list(words.source), words_beside(target, words.target, fixed)
    if fixed:
        read, links = split_kept(source, target, read, links, fixed)
    if inside := borders_in_words(read, (element.span for element in elements)):
        free = [word for word in written if word not in fixed]
        split = LinkedWords(read, free, links)
        for parted in (split_copies, split_figures, split_joined):
            split = parted(source, target, split, inside)
        spans = [element.span for element in elements if not element.is_point]
        alike = signs_in_words(source, target, spans, lettered(source, split.source))
        read = cut(split.source, (one for one, _ in alike))
        links = [*split.links, *(Link(one, other, 1.0) for one, other in alike)]
        written = sorted({*cut(split.target, (other for _, other in alike)), *fixed})
    nodes = nodes_of(elements, source, read if inside else ())
    roots = [node for node in nodes if node.element.parent is None]
    if not written:
        return Placement(list(borders_around(roots, (0, len(target)))), range(len(elements)))
    placing = _Placing(source, target, written, links, fixed)
    roots = placing.place(roots, (0, len(written)), (0, len(source)))
    return Placement(list(borders(source, target, written, roots, placing.between)), sorted(placing.guessed))


class _Placing:
    def __init__(
        self,
        source: str,
        target: str,
        words: Sequence[Span],
        links: Sequence[Link],
        fixed: Sequence[Span],
    ) -> None:
        self._source = source
        self._target = target
        self._words = words
        self._fixed = fixed
        self._starts = [start for start, _ in words]
        self._numbers = {word: number for number, word in enumerate(words)}
        self.between = Between(source, target, words, fixed)
        # What was put in the place of a word, such as a glossary's term, may be several. Signs say nothing
        # of words: they attend to what has no counterpart.
        self._links: list[WordLink] = sorted(
            (read, number, score)
            for read, written, score in links
            if has_word(source, *read)
            for number in self._words_in(written)
        )
        self._weights = LinkWeights(self._links, len(words))
        self.guessed: set[int] = set()

    def place(self, nodes: Sequence[Node], within: Span, outer: Span) -> list[Node]:
        """Choose the words of each node, those with the clearest links first; the nodes in order of words."""
        free = [within]
        placed: list[Node] = []
        points = [node for node in nodes if not node.has_words]
        weighed = self._weights.of([node for node in nodes if node.has_words])
        weighed.sort(key=_order)
        for weights, node in weighed:
            if node.is_open and not free:
                self.guessed |= place_at_end(node, within[1])
                placed.append(node)
                continue
            if host := self._host(node, weights, placed, free):
                self.guessed |= enclose(placed, node, host)
                continue
            node.target = self._choose(node, weights, free, within, outer)
            free = [part for span in free for part in without(span, node.target)]
            if node.children:
                node.children = self.place(node.children, node.target, node.element.span)
            placed.append(node)
        for node in points:
            self._place_without_words(node, within, placed, outer)
        for before, node in pairwise(points):
            if node.signs is None:
                node.behind = before.between or before.signs or before.behind
        return sorted([*placed, *points], key=lambda node: node.key)

    def _host(
        self, node: Node, weights: Weights, placed: Sequence[Node], free: Sequence[Span]
    ) -> Node | None:
        """What has the words that a node would need: of a word in parts the first, where none are left."""
        if free and not placed:
            return None
        with_words = [one for one in placed if one.has_words]
        if not free:
            return with_words[-1]
        beside = next((one for one in with_words if one.text == node.text), None)
        if beside is None or any(weight > 0 for span in free for weight in weights[slice(*span)]):
            return None
        return beside

    def _choose(self, node: Node, weights: Weights, free: Sequence[Span], within: Span, outer: Span) -> Span:
        element = node.element
        if within in free and has_all_letters(self._source, element.span, outer):
            return within
        if not node.is_open and (copy := self._copy(element, free)) is not None:
            return copy
        best, best_sum = None, 0.0
        for first, last in free:
            found, total = heaviest(
                weights[first:last], is_prefix=element.begins_before, is_suffix=element.ends_after
            )
            if total > best_sum:
                best, best_sum = (first + found[0], first + found[1]), total
        if best is not None:
            return best
        self.guessed.add(node.number)
        return self._guess(element, free, within)

    def _copy(self, element: Element, free: Sequence[Span]) -> Span | None:
        """Words that stand in the translation, once, as they are in the source."""
        words = self._source[slice(*element.span)].strip()
        start = self._target.find(words)
        if len(words) < _MIN_COPY or start < 0 or self._target.find(words, start + 1) >= 0:
            return None
        inside = [i for i, w in enumerate(self._words) if w[0] < start + len(words) and w[1] > start]
        if not inside or self._words[inside[0]][0] < start or self._words[inside[-1]][1] > start + len(words):
            return None
        span = inside[0], inside[-1] + 1
        return span if any(first <= span[0] and span[1] <= last for first, last in free) else None

    def _guess(self, element: Element, free: Sequence[Span], within: Span) -> Span:
        """Words at the corresponding place."""
        spans = [span for span in free if span[0] < span[1]] or [within]
        wanted = self._fraction(element.span[0]) * len(self._words)
        first, last = min(spans, key=lambda span: max(span[0] - wanted, wanted - span[1] + 1, 0))
        at = min(max(round(wanted), first), last - 1)
        return (first if element.begins_before else at), (last if element.ends_after else at + 1)

    def _place_without_words(self, node: Node, within: Span, placed: Sequence[Node], outer: Span) -> None:
        """Beside the word that it stood beside, and within no element that it was not in."""
        span = node.element.span
        if is_last(node.element, outer, self._source):
            node.target = within[1], within[1]
            return
        parts_words = node.element.parts_words
        found = self._before(span[0]) if clings_to_next(self._source, span) and not parts_words else None
        node.is_before_word = found is not None
        if parts_words:
            found = between_words(self._links, self._source, span[0])
        if found is None:
            found = self._behind(node)
        if not self._place_between(node, min(max(found, within[0]), within[1]), within, placed):
            self._place_beside(node, found, within, placed)

    def _place_between(self, node: Node, number: int, within: Span, placed: Sequence[Node]) -> bool:
        """Among the signs that stand behind so many words as they do in the source, where they do."""
        if node.is_open:
            number = within[1] if node.element.ends_after else within[0]
        whole = [node, *node.descendants()]
        spans = [self.between.within(one.element.span, number) for one in whole]
        if None in spans or any(one.target[0] < number < one.target[1] for one in placed):
            return False
        for one, span in zip(whole, spans, strict=True):
            one.target, one.is_before_word, one.between = (number, number), False, span
        return True

    def _place_beside(self, node: Node, found: int, within: Span, placed: Sequence[Node]) -> None:
        """At that word, with signs that are its own; what goes on elsewhere at the end."""
        if not node.element.is_point:
            found = self._find_signs(node, found)
        at = min(max(found, within[0]), within[1])
        if node.is_open:
            node.is_before_word, node.signs = node.element.ends_after, None
            at = within[1] if node.element.ends_after else within[0]
        hosts = [one.target for one in placed if one.target[0] < at < one.target[1]]
        if hosts:
            at = hosts[0][0 if node.is_before_word else 1]
        node.target = at, at
        for child in node.descendants():
            child.target, child.is_before_word = node.target, node.is_before_word
            child.signs = self._inner_signs(node, child.element.span)

    def _find_signs(self, node: Node, number: int) -> int:
        """Look for the signs of a node near the words before it; returns how many are before these."""
        words = self._words[number - 1][1] if number else 0
        before = self._source[: node.element.span[0]]
        near = words + len(before) - max((i + 1 for i, one in enumerate(before) if one.isalnum()), default=0)
        node.signs = nearest(self._source[slice(*node.element.span)].strip(), self._target, near, self._fixed)
        if node.signs is None:
            self.guessed.add(node.number)
            return number
        node.is_before_word = False
        return bisect_left(self._starts, node.signs[0])

    def _inner_signs(self, node: Node, span: Span) -> Span | None:
        """Where what stands in a node's signs stands in the translation."""
        if node.signs is None:
            return None
        start, end = node.signs
        read = self._source[slice(*node.element.span)]
        offset = start - node.element.span[0] - (len(read) - len(read.lstrip()))
        first, last = (min(max(place + offset, start), end) for place in span)
        return first, last

    def _before(self, place: int) -> int | None:
        """How many words are before those that the next word is linked to; None where it is to none."""
        after = [item for item in self._links if item[0][1] > place]
        if not after or any(map(str.isalnum, self._source[place : after[0][0][0]])):
            return None
        return min(number for source, number, _ in after if source == after[0][0])

    def _behind(self, node: Node) -> int:
        """How many words are before a point: the last is linked to the word before it."""
        place = node.element.span[0]
        before = [(source, number) for source, number, _ in self._links if source[0] < place]
        start, end = max((source for source, _ in before), key=lambda source: source[1], default=(0, 0))
        numbers = sorted({number for source, number in before if source[1] == end})
        if numbers:
            # Of words that are one to the links, those that stand before it.
            share = min(1.0, (place - start) / max(end - start, 1))
            return numbers[max(1, round(share * len(numbers))) - 1] + 1
        if not any(map(str.isalnum, self._source[:place])):
            return 0
        self.guessed.add(node.number)
        return max(1, round(self._fraction(place) * len(self._words)))

    def _words_in(self, span: Span) -> Sequence[int]:
        number = self._numbers.get(span)
        if number is not None:
            return (number,)
        first = bisect_right(self._starts, span[0]) - 1
        if first < 0 or span[0] >= self._words[first][1]:
            return range(0)
        return range(first, max(first + 1, bisect_left(self._starts, span[1])))

    def _fraction(self, place: int) -> float:
        return place / max(len(self._source), 1)


def _order(weighed: tuple[Weights, Node]) -> tuple[bool, bool, float]:
    """In which nodes beside each other choose their words: what goes on elsewhere, then the clearest links.

    What begins or ends elsewhere has to reach the end: it comes before others take that.
    """
    weights, node = weighed
    return not node.is_open, not node.element.begins_before, -max(weights)
