"""Words that stand in a translation as in its source, in pieces, where an element ends within one of them.

`H<sub>2</sub>O` and `<b>N</b>ATO` keep what stands within; of a word that is translated no part has a
counterpart.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.placement.linked_words import LinkedWords

_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")


def borders_in_words(words: Sequence[Span], spans: Iterable[Span]) -> list[int]:
    """Where spans of a text begin or end within one of its words, in order."""
    starts = [start for start, _ in words]
    inside: list[int] = []
    for place in sorted({place for span in spans for place in span}):
        number = bisect_right(starts, place) - 1
        if number >= 0 and words[number][0] < place < words[number][1]:
            inside.append(place)
    return inside


def signs_in_words(
    source: str, target: str, spans: Iterable[Span], words: Sequence[Span]
) -> list[tuple[Span, Span]]:
    """Spans of the source that begin or end in a word, and where the same stands in a word of the target.

    These are figures and signs beside letters, as the marks of notes are: `word[1]`, `NAME®`. They stand once
    in both texts.
    """
    found: list[tuple[Span, Span]] = []
    for start, end in spans:
        written = source[start:end]
        at = target.find(written)
        if any(map(str.isalpha, written)) or not borders_in_words(words, [(start, end)]) or at < 0:
            continue
        if source.find(written, source.find(written) + 1) < 0 and target.find(written, at + 1) < 0:
            found.append(((start, end), (at, at + len(written))))
    return found


def cut(words: Sequence[Span], spans: Iterable[Span]) -> list[Span]:
    """Words, in order, with each of some spans a word of its own."""
    found = list(words)
    for start, end in spans:
        parts = [
            (a, b)
            for one, other in found
            for a, b in ((one, min(other, start)), (max(one, end), other))
            if a < b
        ]
        found = sorted([*parts, (start, end)])
    return found


def whole_words(span: Span, words: Sequence[Span]) -> Span:
    """A span of a text with the rest of the words, in order, that it begins and ends in."""
    start, end = span
    first = bisect_right(words, start, key=lambda word: word[1])
    if first < len(words) and words[first][0] < start:
        start = words[first][0]
    last = bisect_left(words, end, key=lambda word: word[1])
    if last < len(words) and words[last][0] < end:
        end = words[last][1]
    return start, end


def split_copies(source: str, target: str, words: LinkedWords, borders: Sequence[int]) -> LinkedWords:
    """Copies of words with a border in them, and these, in pieces; `borders` are places in the source."""
    found = words
    for word in words.source:
        inside = borders[bisect_right(borders, word[0]) : bisect_left(borders, word[1])]
        copy = _copy_of(source[slice(*word)], word, target, found) if inside else None
        if copy is None:
            continue
        places = [place - word[0] for place in (word[0], *inside, word[1])]
        links = [
            Link((word[0] + a, word[0] + b), (copy[0] + a, copy[0] + b), 1.0)
            for a, b in pairwise(places)
            if any(map(str.isalnum, source[word[0] + a : word[0] + b]))
        ]
        parts, pieces = [link.source for link in links], [link.target for link in links]
        found = found.parted(word, parts, [copy], pieces, links)
    return found


def split_figures(source: str, target: str, words: LinkedWords, borders: Sequence[int]) -> LinkedWords:
    """The same of words that begin with a figure and go on behind a border, as `1<sup>st</sup>` does.

    The figure is the same in the translation; what follows it there, in its word or as words of their own
    (`10kg`, `10 kg`), belongs to what followed it here.
    """
    found = words
    for word in words.source:
        border = next((one for one in borders if word[0] < one < word[1]), None)
        figure = "" if border is None else source[word[0] : border]
        if border is None or _FIGURE.fullmatch(figure) is None:
            continue
        mine = found.targets_of(word)
        places = [one for one in mine if target.startswith(figure, one[0])]
        if len(places) != 1:
            continue
        place, parts = places[0], [(word[0], border), (border, word[1])]
        rest = (place[0] + len(figure), place[1])
        if any(map(str.isalpha, target[slice(*rest)])):
            others, copies = [rest], [(place[0], rest[0]), rest]
        else:
            others, copies = [one for one in mine if one != place], [place]
            at = found.target.index(place)
            following = found.target[at + 1 : at + 2]
            others = [one for one in following if target[slice(*one)] == source[border : word[1]]] or others
        if not others:
            continue
        links = [Link(parts[0], copies[0], 1.0), *(Link(parts[1], one, 1.0) for one in others)]
        found = found.parted(word, parts, [place], copies, links)
    return found


def _copy_of(written: str, word: Span, target: str, words: LinkedWords) -> Span | None:
    """The word of the translation that is written like a source word, and linked to it or the only one."""
    equal = [one for one in words.target if target[slice(*one)] == written]
    linked = [one for one in words.targets_of(word) if one in equal]
    if linked:
        return linked[0]
    return equal[0] if len(equal) == 1 else None
