"""Tables and findings, whole for other tools and within a terminal's width for a person."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from crosslate.service.commands.cli import app
from crosslate.service.commands.columns import columns, hanging, terminal_width
from tests.service.commands.test_cli import COMMANDS

ROWS = [
    ["MODEL", "TASK", "SUCH AS"],
    ["marian", "translation", "Helsinki-NLP/opus-mt-en-de, Helsinki-NLP/opus-mt-ROMANCE-en"],
    ["t5", "-", "google/flan-t5-base"],
]
WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
CELLS = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)


def test_for_other_tools_a_row_is_a_line() -> None:
    lines = columns(ROWS).splitlines()
    assert lines[1] == "marian  translation  " + ROWS[1][2]
    assert columns(ROWS, width=200) == columns(ROWS)


def test_the_last_column_is_wrapped_below_itself() -> None:
    assert columns(ROWS, width=60).splitlines() == [
        "MODEL   TASK         SUCH AS",
        "marian  translation  Helsinki-NLP/opus-mt-en-de,",
        "                     Helsinki-NLP/opus-mt-ROMANCE-en",
        "t5      -            google/flan-t5-base",
    ]


def test_without_room_for_columns_cells_are_named() -> None:
    assert columns(ROWS, width=40).splitlines() == [
        "marian",
        "    task: translation, such as:",
        "    Helsinki-NLP/opus-mt-en-de,",
        "    Helsinki-NLP/opus-mt-ROMANCE-en",
        "t5",
        "    such as: google/flan-t5-base",
    ]


@given(st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=2)))
def test_every_word_is_there_and_no_line_too_long(rows: list[list[str]]) -> None:
    said = columns(rows, width=80)
    body = [word for row in rows[1:] for cell in row for word in cell.split()]
    found = said.replace(",", " ").split()
    assert all(found.count(word) >= body.count(word) for word in body)
    first = max(len(row[0]) for row in rows)
    assert all(len(line) <= max(80, first) for line in said.splitlines())


def test_a_finding_is_indented_and_a_path_stays_whole() -> None:
    path = "/opt/" + "folder/" * 12
    text = f"ok    model: {path}, cpu\n      to mend it: run this and then that, and look again"
    assert hanging(text, " " * 6, None) == text
    assert hanging(text, " " * 6, 40).splitlines() == [
        "ok    model:",
        f"      {path},",
        "      cpu",
        "      to mend it: run this and then",
        "      that, and look again",
    ]


def test_only_a_terminal_has_a_width(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_width() is None
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "64")
    assert terminal_width() == 64


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_eighty_columns(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = CliRunner().invoke(app, [*command.split(), "--help"]).output
    assert [line for line in said.splitlines() if len(line) > 80] == []
