from __future__ import annotations

import pytest

from loadtests.compare.outcome import Outcome, best_setups, outcome_table, setup_lines
from loadtests.compare.random_marian import EOS_ID, NLLB_600M, OPUS_MT_BASE, Sizes
from loadtests.compare.sides import random_sources

GREEDY = Outcome(
    name="greedy-1",
    unit="tokens/s",
    target=">= 1.5x",
    rounds={"Crosslate": [300.0, 100.0, 210.0], "peer": [100.0, 50.0, 140.0]},
    setups={"Crosslate": "2 engines"},
)
LATENCY = Outcome(name="first-token", unit="ms", target="<= 40 ms", rounds={"Crosslate": [12.34]})


def test_a_ratio_is_taken_within_a_round_before_the_median() -> None:
    assert GREEDY.ratio("peer") == 2.0  # of 3.0, 2.0 and 1.5; the medians' ratio would be 2.1
    assert GREEDY.median("Crosslate") == 210


def test_the_best_setup_of_each_engine_counts() -> None:
    best = best_setups([("a", "x", [1, 9, 2]), ("a", "y", [3, 3, 3]), ("b", "x", [1, 1, 1])])
    assert best == {"a": ("y", [3, 3, 3]), "b": ("x", [1, 1, 1])}


def test_the_table_has_a_column_for_each_engine_and_gaps_where_there_is_no_figure() -> None:
    header, _, greedy, latency = outcome_table([GREEDY, LATENCY]).splitlines()
    assert [cell.strip() for cell in header.strip("|").split("|")] == [
        "",
        "unit",
        "Crosslate",
        "peer",
        "target",
    ]
    assert "100 (2.00x)" in greedy
    assert [cell.strip() for cell in latency.strip("|").split("|")] == [
        "first-token",
        "ms",
        "12.3",
        "",
        "<= 40 ms",
    ]
    assert "greedy-1: Crosslate, 2 engines: 100 to 300 in 3 rounds" in setup_lines([GREEDY])


@pytest.mark.parametrize(("sizes", "batch_size"), [(OPUS_MT_BASE, 1), (NLLB_600M, 16)])
def test_every_side_gets_the_same_sources(sizes: Sizes, batch_size: int) -> None:
    sources = random_sources(sizes, batch_size, 24)
    assert sources == random_sources(sizes, batch_size, 24)
    assert [len(source) for source in sources] == [24] * batch_size
    assert all(source[-1] == EOS_ID and sizes.pad_id not in source for source in sources)
