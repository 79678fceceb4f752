"""Survival by kind: what is kept, what a warning names, and what is lost in silence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from loadtests.fidelity.rules import Case, Check, Span, check
from loadtests.tables import markdown_table


class Fate(StrEnum):
    """What became of one thing that had to survive."""

    KEPT = "kept"
    FLAGGED = "flagged"
    """Lost, and a warning names the place."""
    GENERAL = "in general"
    """Lost, and the answer has no more than a warning that does not say where."""
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Fact:
    what: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Outcome:
    """One text's translation, and what became of each thing."""

    id: str
    kind: str
    source: str
    translation: str
    facts: Sequence[Fact]

    @property
    def lost(self) -> list[str]:
        return [fact.what for fact in self.facts if fact.fate is not Fate.KEPT]


def outcome_of(case: Case) -> Outcome:
    facts = [Fact(one.what, _fate(one, case.answer.warnings)) for one in check(case)]
    return Outcome(case.item.id, case.item.kind, case.item.text, case.answer.text, facts)


def _fate(one: Check, warnings: Sequence[Span | None]) -> Fate:
    if one.is_kept:
        return Fate.KEPT
    named = [warning for warning in warnings if warning is not None]
    if any(start < last and first < end for start, end in one.spans for first, last in named):
        return Fate.FLAGGED
    return Fate.GENERAL if warnings else Fate.SILENT


def table(outcomes: Sequence[Outcome], before: Mapping[str, Counter[Fate]] | None = None) -> str:
    """A line for each kind and one for all; with `before`, the share that was kept then."""
    counts = count(outcomes)
    header = ["kind", "texts", "things", "kept", *(f"{fate.value}" for fate in list(Fate)[1:])]
    if before is not None:
        header.insert(4, "before")
    texts = Counter(outcome.kind for outcome in outcomes)
    rows = [
        _row(kind, texts[kind], fates, None if before is None else before.get(kind, Counter()))
        for kind, fates in counts.items()
    ]
    total = sum(counts.values(), Counter[Fate]())
    total_before = (
        None if before is None else sum((before[kind] for kind in counts if kind in before), Counter[Fate]())
    )
    rows.append(_row("all", len(outcomes), total, total_before))
    return markdown_table(header, rows)


def count(outcomes: Sequence[Outcome]) -> dict[str, Counter[Fate]]:
    """Fates by kind."""
    counts: dict[str, Counter[Fate]] = {}
    for outcome in outcomes:
        counts.setdefault(outcome.kind, Counter()).update(fact.fate for fact in outcome.facts)
    return counts


def failures(outcomes: Sequence[Outcome]) -> str:
    """The texts that lost something, with their translations and what is lost."""
    return "\n\n".join(
        f"{one.id}\n  sent     {one.source!r}\n  answered {one.translation!r}\n  lost     "
        + ", ".join(f"{fact.what!r} ({fact.fate})" for fact in one.facts if fact.fate is not Fate.KEPT)
        for one in outcomes
        if one.lost
    )


def changes(outcomes: Sequence[Outcome], before: Sequence[Outcome]) -> str:
    """The texts that lose more, or less, than they did."""
    earlier = {one.id: one for one in before}
    lines = []
    for one in outcomes:
        if one.id not in earlier or earlier[one.id].source != one.source:
            continue
        then, now = Counter(earlier[one.id].lost), Counter(one.lost)
        for word, what in (("now lost", now - then), ("now kept", then - now)):
            if what:
                lines.append(f"{one.id}: {word}: {', '.join(map(repr, what))}")
    return "\n".join(lines)


def write(outcomes: Sequence[Outcome], file: Path) -> None:
    """For a later run to compare with."""
    found = [
        {
            "id": one.id,
            "kind": one.kind,
            "source": one.source,
            "translation": one.translation,
            "facts": [[fact.what, fact.fate] for fact in one.facts],
        }
        for one in outcomes
    ]
    file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(file: Path) -> list[Outcome]:
    """What an earlier run wrote."""
    return [
        Outcome(
            id=one["id"],
            kind=one["kind"],
            source=one["source"],
            translation=one["translation"],
            facts=[Fact(what, Fate(fate)) for what, fate in one["facts"]],
        )
        for one in json.loads(file.read_text(encoding="utf-8"))
    ]


def _row(kind: str, num_texts: int, fates: Counter[Fate], before: Counter[Fate] | None) -> list[str]:
    things = fates.total()
    row = [kind, str(num_texts), str(things), _share(fates), *(str(fates[fate]) for fate in list(Fate)[1:])]
    if before is not None:
        row.insert(4, _share(before))
    return row


def _share(fates: Counter[Fate]) -> str:
    return f"{100 * fates[Fate.KEPT] / fates.total():.1f} %" if fates else "-"
