"""Which units of a text its summary should say, and how many: what is known before a model reads it.

Shapes: N units.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from crosslate.service.pipeline.summarization.extraction.features import content_of, cosine, features
from crosslate.service.pipeline.summarization.extraction.trimming import trims
from crosslate.service.pipeline.summarization.extraction.units import Unit, words_of
from crosslate.service.pipeline.summarization.types import SummaryLength

_QUERY_WEIGHT = 12.0
"""Times the likeness to what the reader wants to know."""
SAME_TOPIC = 5.0
"""Lost where something about the same topic is said already, in a text about several."""
_ALIKE = 2.0
"""Lost, times the likeness to what is said already."""
_REPEATED = 0.75
"""Of the words of the shorter of two units: they say the same."""
_MIN_TOPICS, _MIN_TOPIC_WORDS, _MAX_SHARED = 4, 8, 0.2
_SENTENCE_WORDS: Mapping[SummaryLength, int] = {"headline": 12, "short": 45}
_WORD_LOSS = 0.05
"""Each word of a sentence beyond so many is a loss of so much."""
_ALONE = 0.6
"""Lost in the shortest summaries by what begins with "it" or "but", or does something with "it": nothing is
before it there."""
_USUAL_WORDS = 400
_OVER = 2.0
"""So many times the words of a length are the most that it may have: what is worth quoting is often long."""
ANY_LANGUAGE: Mapping[str, float] = {
    "first": 0.5,
    "lex_rank": 0.4,
    "text_rank": 0.4,
    "shared_share": 0.4,
    "question": -0.8,
    "short": -0.8,
    "very_long": -0.8,
}
"""Weights of what tells something in languages whose words nobody has weighed: places and shared words."""
_SHORT_WORDS = 45


@dataclass(frozen=True, slots=True)
class Room:
    """How much a summary says: of a text's words about `share`, but no more than `words`.

    Where it `grows`, the maximum is for texts of `_USUAL_WORDS` and rises with the root of their length. More
    than `most` of a text is never said, unless it is a single unit.
    """

    share: float
    words: int
    grows: bool
    most: float


ROOMS: Mapping[SummaryLength, Room] = {
    "short": Room(share=0.0, words=0, grows=False, most=0.3),
    "auto": Room(share=0.3, words=70, grows=True, most=0.45),
    "medium": Room(share=0.35, words=110, grows=False, most=0.45),
    "long": Room(share=0.55, words=220, grows=True, most=0.7),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What a summary may say of a text."""

    priors: list[float]
    """`(N,)`: what speaks for each unit"""
    topics: list[int] | None
    """`(N,)`: what each is about, in a text about several things, each of which is to have its turn"""
    candidates: list[int]
    """what may be quoted, in order; of units that say the same the best"""
    chosen: list[int]
    """of these, what would be said if nobody read the text any further; in order"""
    max_words: int
    answers: bool
    """something has a word of the query, if there is one"""


@dataclass(frozen=True)
class Selector:
    """The work on one text; some unit there must be."""

    units: Sequence[Unit]
    weights: Mapping[str, float]
    """of `features`"""
    length: SummaryLength
    query: str | None = None

    def selection(self) -> Selection:
        """What its summary may say."""
        return Selection(
            self.priors,
            self.topics,
            self.candidates,
            self._chosen(self.num_wanted),
            self._max_words,
            not self.query or any(self._answering),
        )

    @cached_property
    def priors(self) -> list[float]:
        """See `Selection`."""
        found = features(self.units)
        priors = [0.0] * len(self.units)
        for name, weight in self.weights.items():
            priors = [prior + weight * value for prior, value in zip(priors, found[name], strict=True)]
        if self.length in {"short", "headline"}:
            for sign in ("dependent", "dangling"):
                priors = [p - _ALONE * loss for p, loss in zip(priors, found[sign], strict=True)]
        if most := _SENTENCE_WORDS.get(self.length):
            said = _headline_words if self.length == "headline" else _num_words
            excess = (max(said(unit) - most, 0) for unit in self.units)
            priors = [prior - _WORD_LOSS * n for prior, n in zip(priors, excess, strict=True)]
        return [p + _QUERY_WEIGHT * likeness for p, likeness in zip(priors, self._answering, strict=True)]

    @cached_property
    def candidates(self) -> list[int]:
        """See `Selection`."""
        quotable = [i for i, unit in enumerate(self.units) if unit.is_quotable] or list(
            range(len(self.units))
        )
        # Who says it makes nothing new of it.
        said = [content_of(words_of(unit.words_said)) for unit in self.units]
        kept: list[int] = []
        for i in sorted(quotable, key=lambda i: -self.priors[i]):
            if not any(_is_repetition(said[i], said[j]) for j in kept):
                kept.append(i)
        return sorted(kept)

    @cached_property
    def topics(self) -> list[int] | None:
        """See `Selection`."""
        blocks: dict[int, Counter[str]] = {}
        for unit, words in zip(self.units, self._words, strict=True):
            if unit.speaker is None and unit.is_quotable:
                blocks.setdefault(unit.block, Counter()).update(words)
        large = [words for words in blocks.values() if words.total() >= _MIN_TOPIC_WORDS]
        if len(large) < _MIN_TOPICS or 2 * len(large) < len(blocks):
            return None
        shared = [max(_shared(a, b) for b in large if b is not a) for a in large]
        return [unit.block for unit in self.units] if sum(shared) < _MAX_SHARED * len(large) else None

    @cached_property
    def num_wanted(self) -> int:
        """Units of the summary."""
        lengths = sorted(len(self.units[i].words) for i in self.candidates)
        usual = max(lengths[len(lengths) // 2], 1)
        if self.length == "headline":
            return 1
        room = ROOMS[self.length]
        num_topics = len({self.topics[i] for i in self.candidates}) if self.topics else 0
        if self.length == "short":
            return 2 if num_topics and 2 * usual <= min(_SHORT_WORDS, self._max_words) else 1
        wanted = round(min(room.share * self._num_words, room.words * self._growth) / usual)
        return max(wanted, min(num_topics, int(self._max_words / usual)), 1)

    @cached_property
    def _max_words(self) -> int:
        room = ROOMS["short" if self.length == "headline" else self.length]
        most = room.most * self._num_words
        if room.words and self.topics is None:
            most = min(most, _OVER * room.words * self._growth)
        return int(most)

    @cached_property
    def _growth(self) -> float:
        grows = self.length != "headline" and ROOMS[self.length].grows
        return math.sqrt(max(self._num_words / _USUAL_WORDS, 1.0)) if grows else 1.0

    @cached_property
    def _num_words(self) -> int:
        return sum(len(unit.words) for unit in self.units)

    @cached_property
    def _words(self) -> list[Counter[str]]:
        return [content_of(unit.words) for unit in self.units]

    @cached_property
    def _rarity(self) -> dict[str, float]:
        held = Counter(word for counts in self._words for word in counts)
        return {word: math.log(1 + len(self.units) / n) for word, n in held.items()}

    @cached_property
    def _answering(self) -> list[float]:
        """How much of the query each unit has, its rarer words counting for more, of what the text has of it.

        Not how alike they are: an answer says much that a question does not.
        """
        wanted = [word for word in content_of(words_of(self.query or "")) if word in self._rarity]
        whole = sum(self._rarity[word] for word in wanted)
        return [
            sum(self._rarity[word] for word in wanted if word in words) / whole if whole else 0.0
            for words in self._words
        ]

    def _chosen(self, count: int) -> list[int]:
        """Greedily the best, each a little worse for what is said already; as long as there is room."""
        chosen: list[int] = []
        left = set(self.candidates)
        room = self._max_words
        said = _Said(self._words, self._rarity, self.topics)
        while left and len(chosen) < count:
            best = max(left, key=lambda i: (self.priors[i] - said.losses[i], -i))
            left.remove(best)
            if not chosen or len(self.units[best].words) <= room:
                chosen.append(best)
                room -= len(self.units[best].words)
                said.add(best, left)
        return sorted(chosen)


class _Said:
    """What is lost by saying each unit after some others."""

    def __init__(
        self, words: Sequence[Counter[str]], rarity: Mapping[str, float], topics: Sequence[int] | None
    ) -> None:
        self.losses = [0.0] * len(words)
        """`(N,)`"""
        self._alike = [0.0] * len(words)
        self._of_topic = [0] * len(words)
        self._words, self._rarity, self._topics = words, rarity, topics

    def add(self, index: int, left: Iterable[int]) -> None:
        """This one is said; of these the losses are wanted."""
        for i in left:
            likeness = cosine(self._words[i], self._words[index], self._rarity)
            self._alike[i] = max(self._alike[i], likeness)
            self._of_topic[i] += self._topics is not None and self._topics[i] == self._topics[index]
            self.losses[i] = _ALIKE * self._alike[i] + SAME_TOPIC * self._of_topic[i]


def _num_words(unit: Unit) -> int:
    return len(unit.words)


def _headline_words(unit: Unit) -> int:
    """Words that a headline says of it."""
    last = unit.sentences[-1].text
    return len(unit.words) - sum(len(words_of(last[start:end])) for start, end in trims(last))


def _is_repetition(one: Counter[str], other: Counter[str]) -> bool:
    return bool(one) and bool(other) and _shared(one, other) >= _REPEATED


def _shared(one: Counter[str], other: Counter[str]) -> float:
    """Of the words of the one that has fewer, the share that the other has."""
    return len(one.keys() & other.keys()) / max(min(len(one), len(other)), 1)
