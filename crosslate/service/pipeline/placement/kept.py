"""What stands in a translation as it was sent, whole: no element begins or ends within it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.placement.runs import without
from crosslate.service.pipeline.sentences.splitting import has_word


def words_beside(text: str, words: Sequence[Span], fixed: Sequence[Span]) -> list[Span]:
    """Words with a letter or digit, in order as they are; each of the fixed spans is one."""
    if not fixed:
        return lettered(text, words)
    for span in fixed:
        words = [part for word in words for part in without(word, span)]
    return sorted({*fixed, *lettered(text, words)})


def outermost(spans: Sequence[Span]) -> list[Span]:
    """What is kept may stand in other words that are kept too."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if all(span[1] > end for _, end in found[-1:]):
            found.append(span)
    return found


def lettered(text: str, words: Sequence[Span]) -> list[Span]:
    """Words with a letter or digit."""
    return [word for word in words if has_word(text, *word)]


def split_kept(
    source: str, target: str, words: Sequence[Span], links: Sequence[Link], fixed: Sequence[Span]
) -> tuple[list[Span], list[Link]]:
    """The words of the source, with what stands in the translation as it is apart from them; and the links.

    A word of signs and letters may begin in what is kept and end behind it: `{x}.yes`.
    """
    texts = {target[slice(*span)] for span in fixed} - {""}
    found = [match.span() for text in texts for match in re.finditer(re.escape(text), source)]
    kept = outermost([span for span in found if not any(_is_in_letters(source, place) for place in span)])
    crossed = [span for span in kept if any(_crosses(word, span) for word in words)]
    if not crossed:
        return list(words), list(links)
    read = [part for word in words for part in _parts(word, crossed)]
    parted = list[Link]()
    for link in links:
        for part in _parts(link.source, crossed):
            is_kept = any(a <= part[0] and part[1] <= b for a, b in crossed)
            others = [
                one
                for one in _parts(link.target, fixed)
                if any(a <= one[0] and one[1] <= b for a, b in fixed) == is_kept
            ]
            parted += (link._replace(source=part, target=one) for one in others or [link.target])
    return read, parted


def _crosses(word: Span, span: Span) -> bool:
    """Whether only a part of a word is in a span."""
    return overlap(word, span) and not (span[0] <= word[0] and word[1] <= span[1])


def _is_in_letters(text: str, place: int) -> bool:
    """Whether what begins or ends there is a part of a longer word, as `on` is of `only`."""
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()


def _parts(word: Span, spans: Sequence[Span]) -> list[Span]:
    """A word in pieces: in each of some spans, and beside them."""
    places = sorted({*word, *(place for span in spans for place in span if word[0] < place < word[1])})
    return list(pairwise(places))
