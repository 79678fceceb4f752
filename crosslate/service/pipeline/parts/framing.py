"""Frames of parts whose answers stand in one place together, with what stands between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.parts.part import Frame


def frames_of(
    spans: Sequence[Span], length: int, written: Callable[[int, int], str], around: Frame
) -> Iterator[Frame]:
    """A frame for each of some stretches of a text, so that together they write all of it.

    Args:
        spans: the stretches, in order and apart.
        length: of the text.
        written: what stands from one place of the text to another.
        around: where all of it is to stand, with what is written before and after.
    """
    at, before = 0, around.before
    for number, (start, end) in enumerate(spans):
        is_last = number == len(spans) - 1
        after = written(end, length) + around.after if is_last else ""
        place = (around.span[1], around.span[1]) if number else around.span
        yield Frame(place, before + written(at, start), after)
        at, before = end, ""
