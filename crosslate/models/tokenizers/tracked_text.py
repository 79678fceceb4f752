"""Texts that were made of others, character by character, with the way back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
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
        return self._edited((match.span(), new) for match, new in found if new != match[0])

    def mapped(self, change: Callable[[str], str]) -> TrackedText:
        """Every character changed for itself; what becomes nothing is gone."""
        changed = ((i, character, change(character)) for i, character in enumerate(self.text))
        return self._edited(((i, i + 1), new) for i, old, new in changed if new != old)

    def lowered(self) -> TrackedText:
        """In lower case."""
        lower = self.text.lower()
        return TrackedText(lower, self.origins) if len(lower) == len(self.text) else self.mapped(str.lower)

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

    def _edited(self, edits: Iterable[tuple[Span, str]]) -> TrackedText:
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
