"""Elements for which no words of a translation are left: around those of another one, or behind all.

Each function gives the numbers of the elements whose places are guessed so.
"""

from __future__ import annotations

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.placement.elements import Node


def enclose(placed: list[Node], node: Node, host: Node) -> set[int]:
    """Put an element, and all in it, around another one that is placed; within it, where that is open."""
    if host.is_open:
        return _enclose_in(node, host)
    placed.remove(host)
    points, guessed = _around(node, host.target, [host])
    placed += [*points, node]
    return guessed


def place_at_end(node: Node, end: int) -> set[int]:
    """Put an element that goes on elsewhere, and all in it, behind all words, which are others'."""
    whole = [node, *node.descendants()]
    for one in whole:
        one.target, one.has_words, one.is_before_word = (end, end), False, False
    return {one.number for one in whole}


def _enclose_in(node: Node, host: Node) -> set[int]:
    """What began before is closed behind it: what is around its words is within it."""
    while inner := next((one for one in host.children if one.is_open and one.has_words), None):
        host = inner
    points, guessed = _around(node, host.target, [one for one in host.children if not one.is_open])
    still_open = [one for one in host.children if one.is_open]
    first = [one for one in still_open if one.element.begins_before]
    last = [one for one in still_open if not one.element.begins_before]
    host.children = [*first, node, *points, *last]
    return guessed


def _around(node: Node, target: Span, inner: list[Node]) -> tuple[list[Node], set[int]]:
    """Put an element with the chain of those in it around others; its points, which come behind it."""
    chain, points, guessed = [node], list[Node](), set[int]()
    for one in chain:  # which grows
        chain += (child for child in one.children if child.has_words)
        points += (child for child in one.children if not child.has_words)
    for point in points:
        for part in (point, *point.descendants()):
            part.target = target[1], target[1]
            guessed.add(part.number)
    for outer, content in zip(chain, [*([one] for one in chain[1:]), inner], strict=True):
        outer.target, outer.children = target, content
        guessed.add(outer.number)
    return points, guessed
