"""From the words that elements stand around to the characters: which signs beside these are in them too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.placement.between import Between
from crosslate.service.pipeline.placement.elements import Border, Node
from crosslate.service.pipeline.placement.signs import first_signs, last_signs, same_sign


def borders(
    source: str, target: str, words: Sequence[Span], nodes: Sequence[Node], between: Between
) -> Iterator[Border]:
    """Those of nodes in the order of the translation, with all that is in them.

    Args:
        source: a text.
        target: its translation.
        words: of the translation, that the nodes count in; at least one.
        nodes: beside each other, in order.
        between: these words.
    """
    return _Borders(source, target, words, between).of(nodes, (0, len(target)))


def borders_around(nodes: Sequence[Node], room: Span) -> Iterator[Border]:
    """Those of nodes around a translation without words."""
    for node in nodes:
        if node.element.is_point:
            yield from _at_one_place(node, room[0])
            continue
        inner = room if node is nodes[0] else (room[1], room[1])
        yield Border(inner[0], node.number, "start")
        yield from borders_around(node.children, inner)
        yield Border(inner[1], node.number, "end")
        room = inner[1], room[1]


def _at_one_place(node: Node, at: int) -> Iterator[Border]:
    """Of a point, with what is in it: a link, say, around nothing but an element that is never closed."""
    if not node.children:
        yield Border(at, node.number, "point")
        return
    yield Border(at, node.number, "start")
    for child in node.children:
        yield from _at_one_place(child, at)
    yield Border(at, node.number, "end")


class _Borders:
    def __init__(self, source: str, target: str, words: Sequence[Span], between: Between) -> None:
        self._source = source
        self._target = target
        self._words = words
        self._between = between

    def of(self, nodes: Sequence[Node], room: Span) -> Iterator[Border]:
        """Each behind the one before."""
        at, end = room
        starts = [self._between.start(node.target[0]) if node.has_words else end for node in nodes]
        for number, node in enumerate(nodes):
            free = at, max(at, min([end, *starts[number + 1 :]]))
            if node.element.is_point:
                found = node.between or node.signs
                at = self._place(node, free) if found is None else min(max(found[0], at), free[1])
                yield from _at_one_place(node, at)
                continue
            start, at = self._extent(node, free)
            yield Border(start, node.number, "start")
            if node.children:
                yield from self.of(node.children, (start, at))
            yield Border(at, node.number, "end")

    def _extent(self, node: Node, room: Span) -> Span:
        if node.has_words:
            return self._with_signs(node, room)
        if node.between is not None:
            first, last = (min(max(at, room[0]), room[1]) for at in node.between)
            return first, last
        if node.signs is not None and room[0] <= node.signs[0] and node.signs[1] <= room[1]:
            read = self._source[slice(*node.element.span)]
            return self._with_blanks(read, node.signs, room)
        at = self._place(node, room)
        return at, at

    def _place(self, node: Node, room: Span) -> int:
        """Of what has no words: with the signs that stand between it and its word."""
        number, (begin, finish) = node.target[0], node.element.span
        place = finish if node.is_open and node.element.begins_before else begin
        if node.is_before_word and number < len(self._words):
            start, end = self._words[number]  # signs may be of the word: `@home`, `R&&`
            first = start + len(first_signs(self._target[start:end]))
            least = max(room[0], self._end_before(number))
            at = min(self._back(first_signs(self._source[place:])[::-1], first, least), start)
        else:
            start, end = self._words[number - 1] if number else (0, 0)
            last = end - len(last_signs(self._target[start:end]))
            most = min(room[1], self._start_after(number))
            at = max(self._on(last_signs(self._source[:place]), last, most), end)
            at += self._is_blank_before_sign(place, at)
        return min(max(at, room[0]), room[1])

    def _is_blank_before_sign(self, place: int, at: int) -> bool:
        """Whether a blank of the translation is that before `place`, with the same sign behind both."""
        before, sign = self._source[max(place - 1, 0) : place], self._source[place : place + 1]
        blank, other = self._target[at : at + 1], self._target[at + 1 : at + 2]
        return before.isspace() and blank.isspace() and bool(sign and other) and same_sign(sign, other)

    def _with_signs(self, node: Node, room: Span) -> Span:
        """The words, with the signs, or the blank, that the source has within the element too."""
        start, end = self._words[node.target[0]][0], self._words[node.target[1] - 1][1]
        read = self._source[slice(*node.element.span)]
        begins, ends = first_signs(read), last_signs(read)
        if begins and not self._target.startswith(begins, start, end):
            start = self._back(begins[::-1], start, max(room[0], self._end_before(node.target[0])))
        if ends and not self._target.endswith(ends, start, end):
            end = self._on(ends, end, min(room[1], self._start_after(node.target[1])))
        start, end = self._with_blanks(read, (start, end), room)
        first = self._between.place(node.element.span[0], node.target[0])
        last = self._between.place(node.element.span[1], node.target[1])
        start, end = start if first is None else first, min(end if last is None else last, room[1])
        return max(start, room[0]), max(end, room[0])

    def _end_before(self, number: int) -> int:
        """Of the word before one."""
        return self._words[number - 1][1] if number else 0

    def _start_after(self, number: int) -> int:
        """Of the word behind so many."""
        return self._words[number][0] if number < len(self._words) else len(self._target)

    def _with_blanks(self, read: str, span: Span, room: Span) -> Span:
        """With the blanks that the source, `read`, has within the element too."""
        start, end = span
        start -= read[:1] == self._target[max(start - 1, room[0]) : start] == " "
        end += read[-1:] == self._target[end : min(end + 1, room[1])] == " "
        return start, end

    def _on(self, signs: str, at: int, last: int) -> int:
        """Behind those of some signs that follow a place."""
        reached = at
        for sign in signs:
            if at < last and same_sign(sign, self._target[at]):
                at += 1
                reached = reached if sign.isspace() else at
        return reached

    def _back(self, signs: str, at: int, first: int) -> int:
        """Before those of some signs, the last one first, that stand before a place."""
        reached = at
        for sign in signs:
            if at > first and same_sign(sign, self._target[at - 1]):
                at -= 1
                reached = reached if sign.isspace() else at
        return reached
