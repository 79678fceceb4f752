"""Texts that were made of others, character by character, with the way back."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from crosslate.models.tokenizers.tokenizer import Span


@dataclass(frozen=True, slots=True)
class TrackedText:
    """A text, and for each of its characters what it stands for in the one that it was made of."""

    text: str
    origins: Sequence[Span]
    """In order: starts and ends do not fall."""

    @classmethod
    def of(cls, text: str) -> TrackedText:
        """The text itself."""
        return cls(text, [(i, i + 1) for i in range(len(text))])

    def substituted(self, pattern: re.Pattern[str], template: str) -> TrackedText:
        """As `re.sub`. What match and replacement have in common at either end stands for itself."""
        found = ((match, match.expand(template)) for match in pattern.finditer(self.text))
        # Most matches are of single blanks, which become single blanks.
        return self.edited((match.span(), new) for match, new in found if new != match[0])

    def mapped(self, change: Callable[[str], str]) -> TrackedText:
        """Every character changed for itself; what becomes nothing is gone."""
        changed = ((i, character, change(character)) for i, character in enumerate(self.text))
        return self.edited(((i, i + 1), new) for i, old, new in changed if new != old)

    def lowered(self) -> TrackedText:
        """In lower case."""
        lower = self.text.lower()
        return TrackedText(lower, self.origins) if len(lower) == len(self.text) else self.mapped(str.lower)

    def translated(self, table: Mapping[int, str]) -> TrackedText:
        """As `str.translate`."""
        text = self.text.translate(table)
        if text == self.text:
            return self
        if all(len(new) == 1 for new in table.values()):
            return TrackedText(text, self.origins)
        return self.mapped(lambda character: table.get(ord(character), character))

    def words(self, words: Sequence[str], spans: Sequence[Span]) -> TrackedText:
        """Words with blanks between them, of which each stands for a part of this text."""
        origins: list[Span] = []
        for word, (start, end) in zip(words, spans, strict=True):
            whole = self.origin((start, end))
            if origins:
                between = (origins[-1][1], whole[0])  # in this order, unless both are of one replacement
                origins.append((min(between), max(between)))
            origins += self.origins[start:end] if end - start == len(word) else [whole] * len(word)
        return TrackedText(" ".join(words), origins)

    def rejoined(self, words: Sequence[str], text: str, spans: Sequence[Span]) -> TrackedText:
        """A text in which this one's words, all that stands between single blanks, have these places."""
        origins: list[Span] = []
        start = 0
        for word, (first, last) in zip(words, spans, strict=True):
            whole = self.origin((start, start + len(word)))
            origins += [(whole[0], whole[0])] * (first - len(origins))
            is_same = last - first == len(word)
            origins += self.origins[start : start + len(word)] if is_same else [whole] * (last - first)
            start += len(word) + 1
        return TrackedText(text, [*origins, *[(self._end, self._end)] * (len(text) - len(origins))])

    def places(self, spans: Iterable[Span]) -> list[Span]:
        """Where parts of the text that it was made of have come to stand in it."""
        starts, ends = [start for start, _ in self.origins], [end for _, end in self.origins]
        found = []
        for start, end in spans:
            first = bisect_right(ends, start)
            found.append((first, max(first, bisect_left(starts, end))))
        return found

    def edited(self, edits: Iterable[tuple[Span, str]]) -> TrackedText:
        """With new text for some parts, in order."""
        parts: list[str] = []
        origins: list[Span] = []
        end = 0
        for (start, stop), new in edits:
            parts += [self.text[end:start], new]
            origins += [*self.origins[end:start], *self._replaced(start, stop, new)]
            end = stop
        return (
            TrackedText("".join([*parts, self.text[end:]]), [*origins, *self.origins[end:]]) if end else self
        )

    def origin(self, span: Span) -> Span:
        """What a part of the text stands for."""
        start, end = span
        if start < end:
            return self.origins[start][0], self.origins[end - 1][1]
        place = self.origins[start][0] if start < len(self.origins) else self._end
        return place, place

    @property
    def _end(self) -> int:
        return self.origins[-1][1] if self.origins else 0

    def _replaced(self, start: int, stop: int, new: str) -> list[Span]:
        """What each character of a replacement stands for."""
        old = self.text[start:stop]
        head = _num_equal(old, new)
        tail = _num_equal(reversed(old[head:]), reversed(new[head:]))
        middle = self.origin((start + head, stop - tail))
        count = len(new) - head - tail
        return [*self.origins[start : start + head], *[middle] * count, *self.origins[stop - tail : stop]]


def _num_equal(one: Iterable[str], other: Iterable[str]) -> int:
    """How many characters two texts have in common at their beginnings."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
