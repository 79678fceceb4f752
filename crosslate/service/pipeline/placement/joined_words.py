"""Words joined by a sign, with an element's border beside it: `<a>this</a>/<a>that</a>`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.links import Link

_JOINTS = re.compile(r"[/|+–]+")


def split_joined(
    source: str,
    target: str,
    words: tuple[Sequence[Span], Sequence[Span]],
    links: Sequence[Link],
    borders: Sequence[int],
) -> tuple[list[Span], list[Span], list[Link]]:
    """The words of both, those with such a sign in pieces that are linked in order, and the links.

    Args:
        source: a text.
        target: its translation.
        words: of both, in order.
        links: between them.
        borders: places in words of the source, in order.
    """
    read, found, kept = list(words[0]), list(words[1]), list(links)
    for word in words[0]:
        joints = [joint.span() for joint in _JOINTS.finditer(source, *word)]
        if not any(place in borders for joint in joints for place in joint):
            continue
        mine = sorted({link.target for link in kept if link.source == word} & {*found})
        first, last = (mine[0][0], mine[-1][1]) if mine else (0, 0)
        others = [joint.span() for joint in _JOINTS.finditer(target, first, last)]
        parts, ranges = _parts(word, joints), _parts((first, last), others)
        if len(parts) < 2 or len(parts) != len(ranges):
            continue
        copies = {one: _overlaps(ranges, one) for one in found if first <= one[0] and one[1] <= last}
        read[read.index(word) : read.index(word) + 1] = parts
        found = sorted({*found} - {*copies} | {piece for inside in copies.values() for _, piece in inside})
        kept = [link for link in kept if link.source != word and link.target not in copies]
        kept += [Link(parts[number], piece, 1.0) for inside in copies.values() for number, piece in inside]
    return read, found, kept


def _parts(whole: Span, joints: Sequence[Span]) -> list[Span]:
    """What stands between the joints of a span."""
    places = [(whole[0], whole[0]), *joints, (whole[1], whole[1])]
    return [(one[1], other[0]) for one, other in pairwise(places) if one[1] < other[0]]


def _overlaps(ranges: Sequence[Span], word: Span) -> list[tuple[int, Span]]:
    """The pieces of a word that lie in some ranges, and the number of the range of each."""
    pieces = ((number, (max(a, word[0]), min(b, word[1]))) for number, (a, b) in enumerate(ranges))
    return [(number, piece) for number, piece in pieces if piece[0] < piece[1]]
