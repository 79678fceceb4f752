"""Line breaks within a sentence: somebody chose where its lines end, and it is one sentence still.

The translation is broken where the same words are. What stands on lines of its own, such as an address or a
verse, is translated line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from crosslate.service.documents.inline import Break, Item, Mark, Run, Wrap

_LEAST_WORDS = 2
"""Of a line that a sentence goes on after; a list may have its words on lines, too."""


class SoftBreaks:
    """Those of a paragraph.

    Args:
        items: the paragraph's.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        lines, breaks = _lines_of(items)
        sources = [
            one.source
            for one, before, after in zip(breaks, lines, lines[1:], strict=False)
            if one.is_line and _goes_on("".join(before), "".join(after))
        ]
        self._sources = {id(source): source for source in sources}
        """By identity, which is theirs as long as they are here."""

    def joined(self, items: Sequence[Item]) -> list[Item]:
        """The items with marks for those breaks, and a blank beside each that there may be none without."""
        found: list[Item] = []
        for item in items:
            match item:
                case Break(source=source) if self._has(source):
                    found += [*_blank(found), Mark([source])]
                case Wrap(items=inner):
                    found.append(replace(item, items=self.joined(inner)))
                case _:
                    found.append(item)
        return found

    def parted(self, items: Iterable[Item]) -> Iterator[Item]:
        """Items of the translation, without blanks beside the breaks."""
        listed = list(items)
        for i, item in enumerate(listed):
            match item:
                case Run(text=text):
                    text = text.rstrip(" ") if self._is_break(listed[i + 1 : i + 2]) else text
                    yield replace(item, text=text.lstrip(" ") if self._is_break(listed[i - 1 : i]) else text)
                case Wrap(items=inner):
                    yield replace(item, items=list(self.parted(inner)))
                case _:
                    yield item

    def _is_break(self, items: Sequence[Item]) -> bool:
        return any(isinstance(one, Mark) and any(map(self._has, one.source)) for one in items)

    def _has(self, source: object) -> bool:
        return id(source) in self._sources


def _leaves(items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Wrap):
            yield from _leaves(item.items)
        else:
            yield item


def _lines_of(items: Iterable[Item]) -> tuple[list[list[str]], list[Break]]:
    """The texts of each line, and the breaks between the lines."""
    lines: list[list[str]] = [[]]
    breaks: list[Break] = []
    for leaf in _leaves(items):
        if isinstance(leaf, Break):
            breaks.append(leaf)
            lines.append([])
        elif isinstance(leaf, Run):
            lines[-1].append(leaf.text)
    return lines, breaks


def _goes_on(line: str, rest: str) -> bool:
    """Whether a sentence does, from one line to the next."""
    line, rest = line.rstrip(), rest.lstrip()
    return (
        len(line.split()) >= _LEAST_WORDS and (line[-1].isalpha() or line[-1] == ",") and rest[:1].islower()
    )


def _blank(before: Sequence[Item]) -> Iterator[Item]:
    """As the text before it looks, if there is any beside it."""
    if before and isinstance(before[-1], Run) and not before[-1].text.endswith(" "):
        yield replace(before[-1], text=" ")
