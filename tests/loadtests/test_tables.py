from __future__ import annotations

from loadtests.tables import markdown_table


def test_columns_are_aligned_and_figures_stand_to_the_right() -> None:
    assert markdown_table(["engine", "ms"], [["a", "1"], ["longer one", "12345"]]).splitlines() == [
        "| engine     |    ms |",
        "| ---------- | ----: |",
        "| a          |     1 |",
        "| longer one | 12345 |",
    ]
