"""Subtitles of SubStation Alpha, made and read by pysubs2."""

from __future__ import annotations

import pysubs2
import pytest

from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

LINES = (
    (1000, 3000, r"{\i1}Good morning{\i0}, everybody."),
    (3100, 5000, r"I tell you\Na long story about"),
    (5100, 7000, "my grandmother, of the mountains."),
    (8000, 10000, r"- Who is there?\N- Me, of course."),
    (11000, 12000, r"{\p1}m 0 0 l 100 0 words{\p0}"),
)


def saved(kind: str = "ass") -> str:
    file = pysubs2.SSAFile()
    file.events = [pysubs2.SSAEvent(start=start, end=end, text=text) for start, end, text in LINES]
    file.append(pysubs2.SSAEvent(start=0, end=1000, text="A note", type="Comment"))
    return file.to_string(kind)


@pytest.mark.parametrize("kind", ["ass", "ssa"])
def test_lines_are_translated_and_all_else_stays(kind: str) -> None:
    data = saved(kind)
    assert texts_of(f"a.{kind}", data.encode()) == [
        'Good morning<x id="1"/>, everybody.',
        'I tell you a long story about <x id="1"/>my grandmother, of the mountains.',
        "- Who is there?",
        "- Me, of course.",
    ]
    written = translated(f"a.{kind}", data.encode()).decode()
    read = pysubs2.SSAFile.from_string(written)
    assert [one.text for one in read.events] == [
        r"{\i1}GOOD MORNING{\i0}, EVERYBODY.",
        r"I TELL YOU A\NLONG STORY ABOUT",
        "MY GRANDMOTHER, OF THE MOUNTAINS.",
        r"- WHO IS THERE?\N- ME, OF COURSE.",
        LINES[-1][2],
        "A note",
    ]
    assert [line for line in written.splitlines() if not line.startswith("Dialogue")] == [
        line for line in data.splitlines() if not line.startswith("Dialogue")
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("some words", "no .Events. with a Format"),
        ("[Events]\nFormat: Text, Start, End\n", "does not end in Text"),
        ("[Fonts]\nFormat: Start, End, Text\n", "no .Events. with a Format"),
    ],
)
def test_what_has_no_lines_is_refused(text: str, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        texts_of("a.ass", text.encode())
