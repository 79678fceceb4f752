"""`crosslate align --pairs`: a line of links for each line of a file, whatever stands in the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosslate.service.commands.cli import app
from crosslate.service.commands.pair_lines import PairError, read_pair_lines

COMMAND = ["align", "--from", "en", "--to", "pt", "--pairs"]
CAT = "The black cat sleeps.", "O gato preto dorme."
LINKS = "0-0 1-2 2-1 3-3 4-4"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"a b\tc d\n", ("a b", "c d")),
        (b"a b ||| c d\r\n", ("a b", "c d")),
        (b"a|b|||c", ("a|b", "c")),
        (b"\xef\xbb\xbfa\tb", ("a", "b")),
        (b"a ||| b\tc", ("a ||| b", "c")),
        (b"a\n", "needs a text and its translation with"),
        (b"a\tb\tc\n", "needs a text and its translation with"),
        (b" \n", "is empty"),
        (b"\tb", "has no text"),
        (b"a ||| ", "has no translation"),
        (b"a\t\xff", "see its byte 2"),
    ],
)
def test_a_line_is_a_pair_or_told_why_not(line: bytes, expected: tuple[str, str] | str) -> None:
    (found,) = read_pair_lines([line])
    if isinstance(expected, str):
        assert isinstance(found, PairError)
        assert expected in str(found)
    else:
        assert found == expected


def test_each_line_has_its_links_and_a_bad_one_costs_no_other(tmp_path: Path) -> None:
    lines = ["\t".join(CAT), "no pair", " ||| ".join(CAT), "", *["\t".join(CAT)] * 70]
    file = tmp_path / "pairs.txt"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = CliRunner().invoke(app, [*COMMAND, str(file)])
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [LINKS, "", LINKS, "", *[LINKS] * 70]
    told = [line for line in result.stderr.splitlines() if line.startswith("crosslate: ")]
    assert [line[:18] for line in told] == ["crosslate: line 2:", "crosslate: line 4:"]
    assert "no pair" not in result.stderr


def test_standard_input_and_json() -> None:
    """A text that a model cannot take is an error of its line alone."""
    sent = "\t".join(CAT) + "\n" + "a " * 3000 + "\tb\n" + "x\n"
    result = CliRunner().invoke(app, [*COMMAND, "-", "--json"], input=sent)
    first, second, third = map(json.loads, result.stdout.splitlines())
    assert first["alignment"]["pharaoh"] == LINKS
    assert "alignment" in second or second["error"]
    assert "tab or |||" in third["error"]


def test_nothing_comes_of_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "none").touch()
    result = CliRunner().invoke(app, [*COMMAND, str(tmp_path / "none")])
    assert (result.exit_code, result.stdout) == (0, "")
    missing = CliRunner().invoke(app, [*COMMAND, str(tmp_path / "missing")])
    assert (missing.exit_code, "No such file" in missing.stderr) == (1, True)
