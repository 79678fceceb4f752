"""Templates and tables of wikis: values are read, names are not."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.plain.lines import read_lines
from tests.growth import assert_linear


def read(text: str) -> list[str]:
    found = (text[start:end] for line in read_lines(text, "en") for start, end in line.cells)
    return [words for words in found if any(map(str.isalnum, words))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "{{Infobox city\n| name = The city\n|image=a.jpg\n}}\nIt is big.",
            ["The city", "a.jpg", "It is big."],
        ),
        ("{{Quote|So it is\n| by = Tom {{small|now}}\n}}", ["Tom {{small|now}}"]),
        ('{| class="wikitable"\n|-\n! Name !! Age\n|-\n| My cat || 3\n|}', ["! Name !! Age", "My cat", "3"]),
        ("{{Stub}}\nIt = that", ["{{Stub}}", "It = that"]),
        ("{{\n  name\n}}\nHello", ["name", "Hello"]),
    ],
)
def test_of_parameters_the_values_are_read(text: str, words: list[str]) -> None:
    assert read(text) == words


@pytest.mark.parametrize("part", ["{{a\n", "| b = c\n", "{{a\n| b = c\n}}\n", "{|\n", "|-\n"])
def test_time_is_linear_in_the_length(part: str) -> None:
    assert_linear(read, lambda length: "{{a\n}}{||}" + part * (length // len(part)))
