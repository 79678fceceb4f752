"""What stands between two words of a source, where the same stands between two words of its translation."""

from __future__ import annotations

from collections.abc import Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.placement.signs import same_sign


class Between:
    """Places among the signs and blanks between words."""

    def __init__(self, source: str, target: str, words: Sequence[Span], fixed: Sequence[Span]) -> None:
        """`words` are those of the translation, in order; nothing is to stand within those in `fixed`."""
        self._source = source
        self._target = target
        kept = set(fixed)
        self._words = [
            (start, end)
            if target[start:end].isalnum() or (start, end) in kept
            else _without_signs(target, start, end)
            for start, end in words
        ]

    def start(self, number: int) -> int:
        """Of a word, behind the signs that are of it, as in `@home`."""
        return self._words[number][0]

    def within(self, span: Span, number: int) -> Span | None:
        """Of the translation, behind the first `number` words, what are the signs in `span` of the source."""
        start, end = self.place(span[0], number), self.place(span[1], number)
        return None if start is None or end is None else (start, end)

    def place(self, place: int, number: int) -> int | None:
        """The same of one place; None where other signs, or these in another order, stand there."""
        first = self._words[number - 1][1] if number else 0
        last = self._words[number][0] if number < len(self._words) else len(self._target)
        read_from, read_to = _around(self._source, place, place)
        written_from, written_to = _around(self._target, first, last)
        read, written = self._source[read_from:read_to], self._target[written_from:written_to]
        if len(read) != len(written):
            return None
        if read != written and not all(map(same_sign, read, written)):
            return None
        found = written_from + place - read_from
        return found if first <= found <= last else None


def _around(text: str, first: int, last: int) -> Span:
    """From the letter or digit before a span to the one behind it."""
    while first and not text[first - 1].isalnum():
        first -= 1
    while last < len(text) and not text[last].isalnum():
        last += 1
    return first, last


def _without_signs(text: str, first: int, last: int) -> Span:
    """The letters and digits at both ends, and all between them."""
    while first < last and not text[first].isalnum():
        first += 1
    while first < last and not text[last - 1].isalnum():
        last -= 1
    return first, last
