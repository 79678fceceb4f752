"""Pairs of languages that are served, indexed: a multilingual model has tens of thousands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from crosslate.service.pipeline.language.languages import LanguageSet, base_language

Pair = tuple[str, str]

_MAX_NEAREST = 8
_WRITTEN_AS = {"sr-Latn": "sr-Cyrl"}
"""What is written in other letters than the model's: see `scripts`."""


class LanguagePairs:
    """Pairs (source, target) of one model or of several, in their order."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self._pairs = dict.fromkeys(pairs)
        self._targets: dict[str, list[str]] = {}
        self._sources: dict[str, list[str]] = {}
        for source, target in self._pairs:
            self._targets.setdefault(source, []).append(target)
            self._sources.setdefault(target, []).append(source)
        self.sources = LanguageSet(self._targets)
        self.targets = LanguageSet(self._sources, _WRITTEN_AS)

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._pairs)

    def __contains__(self, pair: object) -> bool:
        return pair in self._pairs

    def match(self, source: str, target: str) -> Pair | None:
        """The pair that these codes ask for, by the names it is served under."""
        known = self.sources.match(source)
        if known is None:
            return None
        wanted = self.targets.match(target)
        if wanted is not None and (known, wanted) not in self._pairs:
            # Another source may have a nearer variety of the target than this one.
            wanted = LanguageSet(self._targets[known], _WRITTEN_AS).match(target)
        return None if wanted is None else (known, wanted)

    def targets_of(self, source: str) -> Sequence[str]:
        """Targets of a source, by its served name."""
        return self._targets.get(source, ())

    def sources_of(self, target: str) -> Sequence[str]:
        """Sources of a target, by its served name."""
        return self._sources.get(target, ())

    def nearest(self, source: str | None, target: str) -> list[Pair]:
        """A few pairs most like the one asked for: same target first, then same source."""
        into = self._of(self.targets, target, self._sources)
        into_target = [(other, name) for name, others in into for other in others]
        outof = [] if source is None else self._of(self.sources, source, self._targets)
        from_source = [(name, other) for name, others in outof for other in others]
        both = set(into_target) & set(from_source)
        ranked = chain((p for p in into_target if p in both), into_target, from_source, self._pairs)
        found: dict[Pair, None] = {}
        for pair in ranked:
            found[pair] = None
            if len(found) == _MAX_NEAREST:
                break
        return list(found)

    @staticmethod
    def _of(names: LanguageSet, code: str, others: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
        """The varieties of a language, each with the languages on the other side."""
        return [(name, others[name]) for name in names.varieties(base_language(code))]
