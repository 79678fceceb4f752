"""Words that stand in both texts as they are: copies, which a right map must link."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from crosslate.models.tokenizers.tokenizer import Span

Anchor = tuple[int, int]
"""A target word and the source word that it repeats."""


def find_anchors(
    source: str, source_words: Sequence[Span], target: str, target_words: Sequence[Span]
) -> list[Anchor]:
    """Numbers, names, addresses and marks that each text has once.

    The last words are left out where both are marks: a map that only follows the order has them right, too.
    So are words that merely look alike, such as Portuguese and English "a": lower case tells nothing.
    """
    sources = [source[start:end] for start, end in source_words]
    targets = [target[start:end] for start, end in target_words]
    places = {word: place for place, word in _said_once(sources)}
    return [
        (place, places[word])
        for place, word in _said_once(targets)
        if word in places
        and _is_copied(word, is_first=place == 0 or places[word] == 0)
        and not (_is_mark(word) and place == len(targets) - 1 and places[word] == len(sources) - 1)
    ]


def _said_once(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    counts = Counter(words)
    return ((place, word) for place, word in enumerate(words) if counts[word] == 1)


def _is_copied(word: str, *, is_first: bool) -> bool:
    """`is_first`: a sentence may begin with it, so that a capital letter makes it no name."""
    if any(map(str.isdigit, word)) or "://" in word or "@" in word or _is_mark(word):
        return True
    return not is_first and len(word) > 1 and any(map(str.isupper, word))


def _is_mark(word: str) -> bool:
    return all(unicodedata.category(character)[0] in "PS" for character in word)
