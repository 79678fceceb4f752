"""Gold word alignments and their score, the alignment error rate (Och & Ney 2003)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Span = tuple[int, int]
IndexLinks = frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class GoldPair:
    """Two texts whose tokens are separated by one blank, and the links between these tokens, 0-based."""

    source: str
    target: str
    sure: IndexLinks
    possible: IndexLinks
    """Includes the sure ones."""


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """What one pair adds to precision, recall and error rate."""

    num_links: int
    num_sure: int
    num_links_sure: int
    num_links_possible: int


@dataclass(frozen=True, slots=True)
class Score:
    """In percent."""

    error_rate: float
    precision: float
    recall: float


def read_gold(path: Path, *, one_based: bool = False) -> list[GoldPair]:
    """One file, or every `*.tsv` of a folder: `source TAB target TAB i-j ipj …`; `p` marks possible links."""
    files = sorted(path.glob("*.tsv")) if path.is_dir() else [path]
    if not files:
        raise FileNotFoundError(f"{path}: no *.tsv file in this folder")
    return [
        _parse(line, one_based, f"{file}:{number}")
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if line
    ]


def _parse(line: str, one_based: bool, where: str) -> GoldPair:
    try:
        source, target, links = line.split("\t")
    except ValueError:
        raise ValueError(f"{where}: expected three columns separated by tabs") from None
    sure, possible = set(), set()
    for link in links.split():
        left, mark, right = link.partition("p" if "p" in link else "-")
        pair = (int(left) - one_based, int(right) - one_based)
        possible.add(pair)
        if mark == "-":
            sure.add(pair)
    return GoldPair(source, target, frozenset(sure), frozenset(possible))


def token_spans(text: str) -> list[Span]:
    """Spans of tokens separated by single blanks."""
    spans: list[Span] = []
    start = 0
    for token in text.split(" "):
        spans.append((start, start + len(token)))
        start += len(token) + 1
    return spans


def to_gold_tokens(pair: GoldPair, links: Sequence[tuple[Span, Span]]) -> IndexLinks:
    """Links between spans of text as links between the gold's tokens: whatever they overlap."""
    sources, targets = token_spans(pair.source), token_spans(pair.target)
    return frozenset(
        (i, j)
        for source, target in links
        for i in _overlapping(sources, source)
        for j in _overlapping(targets, target)
    )


def count(pair: GoldPair, links: IndexLinks) -> LinkCounts:
    """Compare one pair's links with the gold."""
    return LinkCounts(len(links), len(pair.sure), len(links & pair.sure), len(links & pair.possible))


def score(counts: Sequence[LinkCounts]) -> Score:
    """Over a whole set: AER = 1 − (|A∩S| + |A∩P|) / (|A| + |S|)."""
    num_links = sum(c.num_links for c in counts)
    num_sure = sum(c.num_sure for c in counts)
    in_sure = sum(c.num_links_sure for c in counts)
    in_possible = sum(c.num_links_possible for c in counts)
    return Score(
        error_rate=100 * (1 - (in_sure + in_possible) / max(num_links + num_sure, 1)),
        precision=100 * in_possible / max(num_links, 1),
        recall=100 * in_sure / max(num_sure, 1),
    )


def interval(counts: Sequence[LinkCounts], *, num_samples: int = 1000, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of the error rate, over sentence pairs."""
    chance = random.Random(seed)
    rates = sorted(score(chance.choices(counts, k=len(counts))).error_rate for _ in range(num_samples))
    return rates[int(0.025 * num_samples)], rates[int(0.975 * num_samples) - 1]


def _overlapping(spans: Sequence[Span], span: Span) -> list[int]:
    return [i for i, (start, end) in enumerate(spans) if start < span[1] and span[0] < end]
