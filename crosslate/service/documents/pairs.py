"""Two ends of something, such as a bookmark or a field, as what stands around the items between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from crosslate.service.documents.inline import Ends, Item, Mark, Run, Wrap, peeled

_MOST_DEPTH = 32
"""Of ends around ends, of which a file may have any number: those around more of them stay marks."""
_NOTHING, _RUN = -1, 0
"""In the place of a depth."""


def paired(
    items: Sequence[Item], opens: Callable[[Any], Hashable | None], closes: Callable[[Any], Hashable | None]
) -> list[Item]:
    """Marks that are the two ends of something, as what stands around the items between them.

    Args:
        items: of one level.
        opens: the name of what a mark's element begins, if it begins anything.
        closes: the name of what it ends.
    """
    found: list[Item] = []
    opened = _Opened()
    for item in items:
        found.append(item)
        if not isinstance(item, Mark):
            opened.note(_depth(item))
        elif (name := opens(item.source[0])) is not None:
            opened.add(name, len(found) - 1)
        elif (end := opened.closed(closes(item.source[0]))) and _RUN <= end.depth < _MOST_DEPTH:
            found[end.start :] = [_between_ends(found[end.start :])]
            opened.note(end.depth + 1)
    return found


@dataclass(slots=True)
class _End:
    """One that the other has not come to yet."""

    name: Hashable
    start: int
    """Where it stands."""
    depth: int = _NOTHING
    """Of what stands behind it, up to the next one."""


class _Opened:
    """The ends that are open."""

    def __init__(self) -> None:
        self._ends: list[_End] = []
        self._numbers: Counter[Hashable] = Counter()

    def add(self, name: Hashable, start: int) -> None:
        """One begins."""
        self._ends.append(_End(name, start))
        self._numbers[name] += 1

    def note(self, depth: int) -> None:
        """Something of a depth stands here."""
        if self._ends:
            self._ends[-1].depth = max(self._ends[-1].depth, depth)

    def closed(self, name: Hashable | None) -> _End | None:
        """The innermost of a name, which ends here as do those inside of it; None: there is none."""
        depth = _NOTHING
        while self._numbers[name]:
            end = self._ends.pop()
            self._numbers[end.name] -= 1
            depth = end.depth = max(end.depth, depth)
            if end.name == name:
                self.note(depth)
                return end
        return None


def _depth(item: Item) -> int:
    match item:
        case Wrap(depth=depth):
            return depth
        case Run():
            return _RUN
    return _NOTHING


def _between_ends(items: Sequence[Item]) -> Wrap:
    """What stands at the ends, such as a field's code, belongs to these."""
    first, inner, last = peeled(items)
    opening = [one for mark in first if isinstance(mark, Mark) for one in mark.source]
    closing = [one for mark in last if isinstance(mark, Mark) for one in mark.source]
    return Wrap(Ends(opening, closing), inner)
