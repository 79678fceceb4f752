"""Marks of notes that touch their word."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected
from crosslate.service.pipeline.fidelity.signs.note_marks import tight_notes
from crosslate.service.pipeline.fidelity.stand_ins.taking_out import without
from crosslate.service.pipeline.text.origin import DerivedText


@pytest.mark.parametrize(
    ("source", "written", "expected"),
    [
        ("terminou[1] em 1945.[2]", "ended [1] in 1945. [2]", "ended[1] in 1945.[2]"),
        ("fim[1][2].", "end [1] [2].", "end[1][2]."),
        ("fim[1]. Ver [1].", "end [1]. See [1].", "end [1]. See [1]."),
        ("Ver [1].", "See [1].", "See [1]."),
        ("fim[1]", "the end, [1] and [2]", "the end, [1] and [2]"),
        ("fim[1]", "[1] end", "[1] end"),
        ("o ficheiro(s) escolhido", "the chosen file (s)", "the chosen file(s)"),
    ],
)
def test_no_blank_comes_before_a_mark_that_had_none(source: str, written: str, expected: str) -> None:
    notes = tight_notes(source)
    text = DerivedText.of(written)
    assert (text if notes is None else notes.restored(text)).text == expected


@pytest.mark.parametrize(("text", "is_word"), [("it ended[1] here", False), ("it ended [1] here", True)])
def test_taken_out_of_a_text_it_stands_for_no_word(text: str, is_word: bool) -> None:
    at = text.index("1")
    words = [Protected((at, at + 1), Kind.NUMBER)]
    found = without(DerivedText.of(text), [], words, lambda span, kind: text[slice(*span)])
    assert [(wrap.opening, wrap.is_word) for wrap in found.wraps] == [("[1]", is_word)]
