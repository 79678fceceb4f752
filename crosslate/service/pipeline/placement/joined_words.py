"""Words joined by a sign, with an element's border beside it: `<a>this</a>/<a>that</a>`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.placement.linked_words import LinkedWords

_JOINTS = re.compile(r"[/|+–]+")


def split_joined(source: str, target: str, words: LinkedWords, borders: Sequence[int]) -> LinkedWords:
    """Those with such a sign in pieces, linked in order; `borders` are places in words of the source."""
    found = words
    for word in words.source:
        joints = [joint.span() for joint in _JOINTS.finditer(source, *word)]
        if not any(place in borders for joint in joints for place in joint):
            continue
        mine = sorted({*found.targets_of(word)})
        first, last = (mine[0][0], mine[-1][1]) if mine else (0, 0)
        others = [joint.span() for joint in _JOINTS.finditer(target, first, last)]
        parts, ranges = _parts(word, joints), _parts((first, last), others)
        if len(parts) < 2 or len(parts) != len(ranges):
            continue
        copies = [one for one in found.target if first <= one[0] and one[1] <= last]
        pieces = [inside for one in copies for inside in _overlaps(ranges, one)]
        links = [Link(parts[number], piece, 1.0) for number, piece in pieces]
        found = found.parted(word, parts, copies, [piece for _, piece in pieces], links)
    return found


def _parts(whole: Span, joints: Sequence[Span]) -> list[Span]:
    """What stands between the joints of a span."""
    places = [(whole[0], whole[0]), *joints, (whole[1], whole[1])]
    return [(one[1], other[0]) for one, other in pairwise(places) if one[1] < other[0]]


def _overlaps(ranges: Sequence[Span], word: Span) -> list[tuple[int, Span]]:
    """The pieces of a word that lie in some ranges, and the number of the range of each."""
    pieces = ((number, (max(a, word[0]), min(b, word[1]))) for number, (a, b) in enumerate(ranges))
    return [(number, piece) for number, piece in pieces if piece[0] < piece[1]]
