"""What a comparison has measured, and the table of it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from loadtests.tables import markdown_table

OURS = "Crosslate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One line of the table: a figure of every engine in every round."""

    name: str
    unit: str
    target: str
    rounds: Mapping[str, Sequence[float]]
    """By engine."""
    setups: Mapping[str, str] = field(default_factory=dict)
    """By engine: the one of its set-ups that did best."""

    def median(self, engine: str) -> float:
        """Over the rounds."""
        return statistics.median(self.rounds[engine])

    def ratio(self, engine: str) -> float:
        """Crosslate divided by this engine in the same round, median over the rounds.

        Two figures of one round were taken seconds apart: what else the machine did slowed both.
        """
        pairs = zip(self.rounds[OURS], self.rounds[engine], strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)


def best_setups(rates: Iterable[tuple[str, str, Sequence[float]]]) -> dict[str, tuple[str, Sequence[float]]]:
    """Of (engine, set-up, a rate for each round): every engine's set-up with the highest median."""
    best: dict[str, tuple[str, Sequence[float]]] = {}
    for engine, setup, rounds in rates:
        if engine not in best or statistics.median(rounds) > statistics.median(best[engine][1]):
            best[engine] = (setup, rounds)
    return best


def outcome_table(outcomes: Sequence[Outcome]) -> str:
    """Medians, and behind each peer's how many times as much Crosslate does."""
    peers = [name for name in dict.fromkeys(e for o in outcomes for e in o.rounds) if name != OURS]
    header = ["", "unit", OURS, *peers, "target"]
    rows = [
        [
            outcome.name,
            outcome.unit,
            _figure(outcome.median(OURS)),
            *(_beside(outcome, peer) for peer in peers),
            outcome.target,
        ]
        for outcome in outcomes
    ]
    return markdown_table(header, rows)


def setup_lines(outcomes: Iterable[Outcome]) -> str:
    """Which set-up each figure is of, and how far the rounds lie apart."""
    return "\n".join(
        f"{outcome.name}: {engine}, {outcome.setups.get(engine, 'as it is')}: "
        f"{_figure(min(rounds))} to {_figure(max(rounds))} in {len(rounds)} rounds"
        for outcome in outcomes
        for engine, rounds in outcome.rounds.items()
    )


def _beside(outcome: Outcome, peer: str) -> str:
    if peer not in outcome.rounds:
        return ""
    return f"{_figure(outcome.median(peer))} ({outcome.ratio(peer):.2f}x)"


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
