"""Summaries without a summarizer: the sentences of a passage that are most central to it.

As the gap sentences of Pegasus (Zhang et al. 2020), but they stay in the source: a small model is to learn
which sentences to pick and to write them down faithfully, not to guess what is missing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from sentencex import segment  # type: ignore[import-untyped]

WORD = re.compile(r"[^\W\d_]+|\d[\d.,]*\d|\d")
CONNECTIVE = re.compile(
    r"^(?:However|Also|Thus|Therefore|Moreover|Furthermore|In addition|Additionally|For example|For instance"
    r"|Hence|Indeed|In fact|Nevertheless|Finally|Consequently|Similarly|In particular|As a result"
    r"|On the other hand|In other words|Of course|That is|Besides|First|Second|Third), ",
)
DEPENDENT = re.compile(
    r"(?:It|They|He|She|This is|That|These are|This means|But|And|So|Or|Yet|See|Note)\b|\("
)
"""Beginnings of sentences that lean on those before them."""
PARENTHESIS = re.compile(r" \([^()]{1,90}\)")
MIN_WORDS, MAX_WORDS = 6, 45
REDUNDANCY_WEIGHT = 0.5
LEAD_BONUS = 0.35
"""What the first sentence gains, in means of the centrality; the gain halves with every sentence."""


def split_sentences(text: str) -> list[str]:
    """English sentences without the space around them."""
    return [sentence for part in segment("en", text) if (sentence := part.strip())]


def content_words(sentence: str) -> Counter[str]:
    """Lower-case words and numbers; short words weigh little elsewhere, so they are left out here."""
    return Counter(word for word in WORD.findall(sentence.lower()) if len(word) > 3 or word[0].isdigit())


def similarity(one: Counter[str], other: Counter[str]) -> float:
    """Shared words over the logarithms of both lengths (Mihalcea and Tarau 2004)."""
    if len(one) < 2 or len(other) < 2:
        return 0.0
    return sum((one & other).values()) / (math.log(1 + one.total()) + math.log(1 + other.total()))


def central_sentences(sentences: Sequence[str], count: int, *, lead_bonus: float = LEAD_BONUS) -> list[int]:
    """Indices, in order, of up to `count` sentences that say most of what the others say."""
    words = [content_words(sentence) for sentence in sentences]
    scores = [sum(similarity(w, other) for other in words if other is not w) for w in words]
    mean = sum(scores) / max(len(scores), 1)
    ranked = [score + mean * lead_bonus * 0.5**i for i, score in enumerate(scores)]
    eligible = {i for i, s in enumerate(sentences) if is_quotable(s)}
    chosen: list[int] = []
    while eligible and len(chosen) < count:
        best = max(eligible, key=lambda i: (ranked[i], -i))
        chosen.append(best)
        eligible.remove(best)
        for i in eligible:
            ranked[i] -= REDUNDANCY_WEIGHT * similarity(words[i], words[best])
    return sorted(chosen)


def is_quotable(sentence: str) -> bool:
    """Whether it can stand alone: neither a fragment nor a question nor the lead-in of a list."""
    length = len(sentence.split())
    is_whole = MIN_WORDS <= length <= MAX_WORDS and sentence[-1] in ".!\"”'"
    return is_whole and not (sentence[0].islower() or DEPENDENT.match(sentence))


def condense(sentence: str) -> str:
    """Without the link to what stood before it and without parentheses."""
    shorter = PARENTHESIS.sub("", CONNECTIVE.sub("", sentence))
    return shorter[:1].upper() + shorter[1:]
