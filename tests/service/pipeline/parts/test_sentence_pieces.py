from __future__ import annotations

import pytest

from crosslate.service.pipeline.parts.sentence_pieces import sentence_pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("1 × Lamp", ["Lamp"]),
        ("2x Red chair, size M", ["Red chair, size M"]),
        ("10x Faster than before.", ["10x Faster than before."]),
        ("3x a day", ["3x a day"]),
        ("4 x 4 Cars", ["4 x 4 Cars"]),
    ],
)
def test_how_many_there_are_of_a_thing_stays(text: str, pieces: list[str]) -> None:
    found = sentence_pieces(text, [], "en", len, split_sentences=True)
    assert [text[slice(*span)] for span in found] == pieces
