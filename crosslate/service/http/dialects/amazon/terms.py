"""The terms of several terminologies, and which of them stand in a translation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from crosslate.service.pipeline.glossary.terms import GlossaryEntry, PlacedTerm

_BEGINNING = 2
"""Letters of a term that stay in its other forms."""


@dataclass(frozen=True, slots=True)
class NamedTerms:
    """The entries of terminologies, by their names."""

    by_name: Mapping[str, Sequence[GlossaryEntry]]

    @property
    def entries(self) -> tuple[GlossaryEntry, ...]:
        """All together; of a term that several have, the first terminology's count."""
        merged: list[GlossaryEntry] = []
        for entries in self.by_name.values():
            known = {entry.source for entry in merged}
            merged += (entry for entry in entries if entry.source not in known)
        return tuple(merged)

    def applied(self, terms: Iterable[PlacedTerm]) -> list[dict[str, Any]]:
        """The answer's member: each terminology, with those of its terms that stand in the translation."""
        every = [(name, entry) for name, entries in self.by_name.items() for entry in entries]
        by_beginning: dict[str, list[tuple[str, GlossaryEntry]]] = {}
        for name, entry in every:
            by_beginning.setdefault(_beginning(entry.source), []).append((name, entry))
        used: dict[str, dict[GlossaryEntry, None]] = {name: {} for name in self.by_name}
        for source, target in dict.fromkeys((term.source, term.target) for term in terms if term.enforced):
            among = by_beginning.get(_beginning(source), every)
            name, entry = max(among, key=lambda one: _likeness(one[1], source, target))
            used[name][entry] = None
        return [{"Name": name, "Terms": [*map(_term, entries)]} for name, entries in used.items()]


def _beginning(term: str) -> str:
    return term.casefold()[:_BEGINNING]


def _likeness(entry: GlossaryEntry, source: str, target: str) -> tuple[int, int]:
    """Of an entry and a term in the form that it has in a text and its translation."""
    return _num_common(entry.source, source), _num_common(entry.target, target)


def _num_common(one: str, other: str) -> int:
    pairs = zip(one.casefold(), other.casefold(), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _term(entry: GlossaryEntry) -> dict[str, str]:
    return {"SourceText": entry.source, "TargetText": entry.target}
