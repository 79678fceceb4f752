"""Patches: no line of theirs is read, and the lines around them are."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.plain.lines import read_lines
from tests.growth import assert_linear


def read(text: str) -> list[str]:
    found = (text[line.words_start : line.end] for line in read_lines(text, "en"))
    return [words for words in found if any(map(str.isalnum, words))]


@pytest.mark.parametrize(
    "patch",
    [
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n It stays\n-It is old\n+It is new\n",
        "--- a/read me.txt\n+++ b/read me.txt\n-The old line\n+The new line\n It stays\n\\ No newline\n",
        "--- a.orig\t2024-05-01\n+++ a\t2024-05-02\n-It is old\n",
        "3c3\n< The old line\n---\n> The new line\n",
        "5,7d3\n< One line\n< another line\n9a6,7\n> a third one\n",
        "- const name = 'Ann Lee';\n+ const name = \"Bob and Tom\";\n",
        "-import os\n+import sys\n+print(sys.argv)\n",
    ],
)
def test_nothing_of_a_patch_is_read(patch: str) -> None:
    assert read(patch) == []
    assert read(f"Apply this:\n\n{patch}\nThen restart.") == ["Apply this:", "Then restart."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Pros:\n+ It is cheap\n- It is ugly", ["Pros:", "It is cheap", "It is ugly"]),
        ("- milk\n- bread\n+ eggs (two),", ["milk", "bread", "eggs (two),"]),
        ("> Is it?\n< It is.", ["Is it?", "< It is."]),
        ("--- Section\nThe words", ["Section", "The words"]),
        ("3c3\nThe words", ["3c3", "The words"]),
        ("- import the cats\n- return them", ["import the cats", "return them"]),
    ],
)
def test_lists_and_quotes_are_none(text: str, words: list[str]) -> None:
    assert read(text) == words


@pytest.mark.parametrize(
    "part", ["--- a\n+++ b\n", "+x = 1\n", "-import x\n+y\n", "3c3\n< a\n", "--- a\n", "+\n"]
)
def test_time_is_linear_in_the_length(part: str) -> None:
    assert_linear(read, lambda length: part * (length // len(part)))
