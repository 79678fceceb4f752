"""Lines of reStructuredText and AsciiDoc that are no words."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.plain.lines import read_lines


def read(text: str) -> list[str]:
    lines = read_lines(text, "en")
    found = (text[line.words_start : line.end] for line in lines)
    return [words for words in found if any(map(str.isalnum, words))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (".. note::\n   It is so.", ["It is so."]),
        (".. warning:: Do not open it.", ["Do not open it."]),
        (".. image:: a cat.png\n   :alt: A cat\n   :width: 20\n\nThe end", ["The end"]),
        (".. code-block:: python\n\n   import cats\n\n   run it\n\nThe end", ["The end"]),
        (".. _my target:\n\nThe end\n.. |cat| image:: cat.png", ["The end"]),
        (":alt: no option here", [":alt: no option here"]),
        (".. and so on", [".. and so on"]),
        (":param name: the name\n:type name: str\n:returns: it", ["the name", "it"]),
        (" * @param {int} a - the cat\n@throws IOError if not", ["the cat", "if not"]),
        ("@ann said: so", ["@ann said: so"]),
        ("[source,bash]\n----\nmake the cat\n----\nThe end", ["The end"]),
        ("[NOTE]\n====\nIt is so.\n====", ["It is so."]),
        ('[cols="1,2"]\n|===\n|One\n|===', ["|One"]),
        ("[quote, Tom]\n____\nIt is so.\n____", ["It is so."]),
        ("[NOTE]\nIt is so.\n----", ["[NOTE]", "It is so."]),
        ("== History ==\n=== The end ===\n== So", ["History", "The end", "So"]),
        ("a == b\n= = =", ["a == b"]),
    ],
)
def test_what_is_read(text: str, words: list[str]) -> None:
    assert read(text) == words
