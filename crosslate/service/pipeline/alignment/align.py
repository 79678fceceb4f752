"""Word alignment of whole texts from the attention over their parts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from crosslate.models.alignment.alignment import (
    TokenMap,
    WordLink,
    agreement,
    directed_links,
    force_final_punctuation,
    mask_special,
    membership,
    selected_map,
    symmetric_links,
    visible_map,
    word_map,
    word_means,
)
from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.alignment.hard_links import HardLinks, hard_links
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.alignment.token_maps import PartMap, PlacedTokens
from crosslate.service.pipeline.text.origin import OriginMap
from crosslate.service.pipeline.text.words import segment_words

_START, _END = itemgetter(0), itemgetter(1)
_LEAST_COPIED = 0.05
"""Tokens that give each other less are not looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Which words of two texts belong together; spans in code points, whatever an answer counts in."""

    source_words: Sequence[Span]
    target_words: Sequence[Span]
    links: Sequence[WordLink]
    """In order; they number the words."""
    sink_mass: Sequence[float]
    """For each target word what it had on tokens without text."""
    parts: Sequence[PartMap]
    """What the links were read from."""
    matrices: Sequence[FloatArray]
    """For each part `(T, S)`: its attention as it was read, special tokens masked."""

    def from_origin(self, origin: OriginMap) -> Links:
        """The same where the source is itself a derived text, that `origin` leads back from."""
        return replace(
            self,
            source_words=[origin.span(word) for word in self.source_words],
            parts=[replace(part, source=part.source.from_origin(origin)) for part in self.parts],
        )

    def spans(self) -> Iterator[tuple[Span, Span, float]]:
        """Of each link: in the source, in the target, and how sure it is, 0..1."""
        for link in self.links:
            yield self.source_words[link.source], self.target_words[link.target], link.score


class TextAligner:
    """Finds the links between one source text and one output of it. For one use.

    Words are those of the whole texts, by default as in running text. A text's parts are aligned one by one:
    nothing is linked across them. With `hard` no target word has two links.
    """

    def __init__(
        self,
        source: str,
        target: str,
        config: AlignmentConfig,
        words: tuple[Sequence[Span], Sequence[Span]] | None = None,
        hard: HardLinks | None = None,
    ) -> None:
        self._source = source
        self._target = target
        self._config = config
        self._hard = hard
        self._source_words, self._target_words = words or (segment_words(source), segment_words(target))
        self._links: dict[tuple[int, int], WordLink] = {}
        self._sink_mass = [0.0] * len(self._target_words)

    @property
    def num_words(self) -> tuple[int, int]:
        """Of the source and of the target."""
        return len(self._source_words), len(self._target_words)

    def links(self, parts: Sequence[PartMap], *, max_word_pairs: int) -> Links:
        """What belongs together, as the maps of all parts have it.

        Raises `ServiceError` 413 `alignment_too_large` where one part has more than `max_word_pairs`.
        """
        for part in parts:
            self._check_words(part, max_word_pairs)
        matrices = [self._add_part(part).matrix for part in parts]
        self._link_copied(parts)
        return Links(
            source_words=self._source_words,
            target_words=self._target_words,
            links=[self._links[key] for key in sorted(self._links)]
            if self._hard is None
            else _strongest(self._links.values()),
            sink_mass=self._sink_mass,
            parts=parts,
            matrices=matrices,
        )

    def _check_words(self, part: PartMap, max_pairs: int) -> None:
        """One token may stand for thousands of words: whatever the vocabulary lacks, in a row."""
        num_sources = len(overlapping(self._source_words, part.source.extent)[1])
        num_targets = len(overlapping(self._target_words, part.target.extent)[1])
        if num_sources * num_targets > max_pairs:
            raise ServiceError(
                "alignment_too_large",
                f"{num_sources} words in one piece and {num_targets} in its translation have more than the "
                f"{max_pairs} pairs that are looked into. Send less text at a time.",
            )

    def _add_part(self, part: PartMap) -> TokenMap:
        """Link the words of one part; returns its token map."""
        tokens = mask_special(selected_map(part.attention, self._config), part.source.spans)
        first_source, source_words = overlapping(self._source_words, part.source.extent)
        first_target, target_words = overlapping(self._target_words, part.target.extent)
        sources = membership(source_words, part.source.spans)
        targets = membership(target_words, part.target.spans)
        copies = self._copies(part.source, source_words, part.target, target_words, tokens.matrix)
        words = word_map(tokens.matrix, sources=sources, targets=targets, copies=copies)
        is_forced = self._config.punctuation and self._both_end_in_punctuation(source_words, target_words)
        if is_forced:
            words = force_final_punctuation(words)
        sink = word_means(tokens.sink_mass, targets=targets)
        reverse = None
        if part.reverse is not None:
            reverse = self._reverse_words(part.reverse, source_words, target_words)
        if self._hard is None:
            links = self._soft_links(words, reverse)
        else:
            seen = word_means(tokens.seen, targets=targets)
            if is_forced:
                seen[-1] = 1.0
            links = self._hard_links(words * seen[:, None], reverse, self._hard)
        for link in links:
            placed = WordLink(link.source + first_source, link.target + first_target, link.score)
            self._links[placed.source, placed.target] = placed
        for i, mass in enumerate(sink.tolist(), start=first_target):
            self._sink_mass[i] = round(mass, 4)
        return tokens

    def _soft_links(self, words: FloatArray, reverse: FloatArray | None) -> list[WordLink]:
        if reverse is None:
            return directed_links(words)
        return symmetric_links(words, reverse, threshold=self._config.threshold)

    def _hard_links(self, words: FloatArray, reverse: FloatArray | None, kind: HardLinks) -> list[WordLink]:
        """`words` are of all attention: a word that attended to no text comes from no word."""
        return hard_links(words if reverse is None else agreement(words, reverse), kind)

    def _reverse_words(
        self, reverse: PartMap, source_words: Sequence[Span], target_words: Sequence[Span]
    ) -> FloatArray:
        """Word map of the opposite direction, `(Sw, Tw)`: the target's words are what it attends to."""
        read, written = reverse.source, reverse.target
        matrix = visible_map(reverse.attention, read.spans)
        copies = self._copies(written, source_words, read, target_words, matrix.T)
        return word_map(
            matrix,
            sources=membership(target_words, read.spans),
            targets=membership(source_words, written.spans),
            copies=((source, target) for target, source in copies),
        )

    def _copies(
        self,
        source: PlacedTokens,
        source_words: Sequence[Span],
        target: PlacedTokens,
        target_words: Sequence[Span],
        weights: FloatArray,
    ) -> list[tuple[int, int]]:
        """Target and source tokens that cover the same words, more than one; `weights` `(T, S)`."""
        sources: dict[tuple[str, ...], list[int]] = {}
        for index, words in _shared_tokens(self._source, source_words, source).items():
            sources.setdefault(words, []).append(index)
        if not sources:
            return []
        return [
            (index, other)
            for index, words in _shared_tokens(self._target, target_words, target).items()
            for other in sources.get(words, ())
            if weights[index, other] >= _LEAST_COPIED
        ]

    def _link_copied(self, parts: Sequence[PartMap]) -> None:
        """What stands between the parts was copied: its words belong to themselves."""
        source_gaps = _gaps([p.source.extent for p in parts], len(self._source))
        target_gaps = _gaps([p.target.extent for p in parts], len(self._target))
        for source_gap, target_gap in zip(source_gaps, target_gaps, strict=True):
            first_source, copied = _words_within(self._source_words, source_gap)
            first_target, copies = _words_within(self._target_words, target_gap)
            if len(copied) == len(copies):
                for i in range(len(copied)):
                    link = WordLink(first_source + i, first_target + i, 1.0)
                    self._links[link.source, link.target] = link

    def _both_end_in_punctuation(self, source_words: Sequence[Span], target_words: Sequence[Span]) -> bool:
        return (
            bool(source_words)
            and bool(target_words)
            and _is_punctuation(self._source, source_words[-1])
            and _is_punctuation(self._target, target_words[-1])
        )


def _strongest(links: Iterable[WordLink]) -> list[WordLink]:
    """For each target word one link, also where the word stands in two parts; by source word."""
    best: dict[int, WordLink] = {}
    for link in links:
        if link.target not in best or link.score > best[link.target].score:
            best[link.target] = link
    return sorted(best.values(), key=lambda link: (link.source, link.target))


def _shared_tokens(text: str, words: Sequence[Span], placed: PlacedTokens) -> dict[int, tuple[str, ...]]:
    """For each token that covers several words what it has of each."""
    starts, ends = [start for start, _ in words], [end for _, end in words]
    shared: dict[int, tuple[str, ...]] = {}
    for index, span in enumerate(placed.spans):
        if span is None:
            continue
        first, last = bisect_left(ends, span[0] + 1), bisect_left(starts, span[1])  # as `overlapping`
        if last - first > 1:
            shared[index] = tuple(text[max(a, span[0]) : min(b, span[1])] for a, b in words[first:last])
    return shared


def overlapping(words: Sequence[Span], extent: Span) -> tuple[int, Sequence[Span]]:
    """Words, in order, that overlap `extent`, and the index of the first."""
    first = bisect_left(words, extent[0] + 1, key=_END)
    last = bisect_left(words, extent[1], key=_START)
    return first, words[first : max(first, last)]


def _words_within(words: Sequence[Span], extent: Span) -> tuple[int, Sequence[Span]]:
    """Words that lie in `extent` wholly, and the index of the first."""
    first = bisect_left(words, extent[0], key=_START)
    last = bisect_left(words, extent[1] + 1, key=_END)
    return first, words[first : max(first, last)]


def _gaps(extents: Sequence[Span], length: int) -> list[Span]:
    starts = [0, *(end for _, end in extents)]
    ends = [*(start for start, _ in extents), length]
    return list(zip(starts, ends, strict=True))


def _is_punctuation(text: str, word: Span) -> bool:
    return not any(map(str.isalnum, text[word[0] : word[1]]))
