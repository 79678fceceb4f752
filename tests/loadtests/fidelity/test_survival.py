from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.fidelity.items import Item, read_items
from loadtests.fidelity.rules import Answer, Case, Span
from loadtests.fidelity.survival import (
    Fate,
    Outcome,
    changes,
    count,
    failures,
    outcome_of,
    read,
    table,
    write,
)


def outcome(translation: str, *warnings: Span | None, number: int = 1) -> Outcome:
    item = Item(f"p-{number}", "p", "en", "pt", "Hi {a} and {b}", {"exact": ["{a}", "{b}"]})
    return outcome_of(Case(item, Answer(translation, warnings=warnings), {}))


@pytest.mark.parametrize(
    ("warnings", "fate"),
    [((), Fate.SILENT), ((None,), Fate.GENERAL), (((0, 2),), Fate.GENERAL), ((None, (10, 14)), Fate.FLAGGED)],
)
def test_a_warning_counts_where_it_names_the_place(warnings: tuple[Span | None, ...], fate: Fate) -> None:
    assert [fact.fate for fact in outcome("Olá {a}", *warnings).facts] == [Fate.KEPT, fate]


def test_the_table_counts_by_kind_and_compares() -> None:
    now = [outcome("Olá {a} e {b}"), outcome("Olá", (3, 6), number=2)]
    before = [outcome("Olá {a}")]
    assert table(now, count(before)).splitlines() == [
        "| kind | texts | things |   kept | before | flagged | in general | silent |",
        "| ---- | ----: | -----: | -----: | -----: | ------: | ---------: | -----: |",
        "| p    |     2 |      4 | 50.0 % | 50.0 % |       1 |          1 |      0 |",
        "| all  |     2 |      4 | 50.0 % | 50.0 % |       1 |          1 |      0 |",
    ]
    assert table(now, {}).splitlines()[2].split("|")[5].strip() == "-"


def test_what_was_lost_is_shown_with_its_text() -> None:
    assert failures([outcome("Olá {a} e {b}"), outcome("Olá {b}", number=2)]) == (
        "p-2\n  sent     'Hi {a} and {b}'\n  answered 'Olá {b}'\n  lost     '{a}' (silent)"
    )


def test_an_earlier_run_can_be_compared_with(tmp_path: Path) -> None:
    earlier = [outcome("Olá {a}"), outcome("Olá {a} e {b}", number=2)]
    write(earlier, tmp_path / "run.json")
    assert read(tmp_path / "run.json") == earlier
    assert changes([outcome("Olá {b}"), outcome("Olá {a} e {b}", number=2)], earlier) == (
        "p-1: now lost: '{a}'\np-1: now kept: '{b}'"
    )


def test_lines_that_are_no_items_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no \*\.jsonl"):
        read_items(tmp_path)
    (tmp_path / "a.jsonl").write_text('{"from": "en", "to": "pt", "text": "x\u2028y", "rules": {}}\n')
    assert [item.text for item in read_items(tmp_path, "a")] == ["x\u2028y"]
    with pytest.raises(ValueError, match="has no b: it has a"):
        read_items(tmp_path, "b")
    (tmp_path / "a.jsonl").write_text('\n{"from": "en", "text": "x", "rules": {}}\n')
    with pytest.raises(ValueError, match="line 2 is no item"):
        read_items(tmp_path)
