"""Calendars and address cards: what of them is read, and how it is written back."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.data.recognition import data_values
from tests.growth import assert_linear
from tests.service.pipeline.fakes import FakeEngine, reversed_words
from tests.service.pipeline.helpers import make_translator, request

BEGINNING = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1@x.org\r\n"
END = "END:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("SUMMARY:big dog", "SUMMARY:dog big"),
        (
            "DESCRIPTION;LANGUAGE=en:one two\\nthree\\, four",
            "DESCRIPTION;LANGUAGE=en:two one\\nfour \\, three",
        ),
        ("DESCRIPTION:one tw\r\n o three", "DESCRIPTION:three two one"),
        ("NOTE:one, two", "NOTE:two , one"),
        ("item1.NOTE:one\\; two", "item1.NOTE:two \\; one"),
        ("N:big;dog;;;", "N:big;dog;;;"),
        ('ATTENDEE;CN="big, dog":mailto:a@x.org', 'ATTENDEE;CN="big, dog":mailto:a@x.org'),
        ("SUMMARY:", "SUMMARY:"),
    ],
)
async def test_prose_is_read(line: str, expected: str) -> None:
    text = f"{BEGINNING}{line}\r\n{END}"
    result = await make_translator(FakeEngine(reversed_words)).translate(request(text))
    assert result.text == f"{BEGINNING}{expected}\r\n{END}"


@pytest.mark.parametrize("text", ["BEGIN:\nall of it", "BEGIN:VEVENT\nand so on", "SUMMARY:a\nNOTE:b"])
def test_prose_is_none(text: str) -> None:
    assert data_values(text) is None


@pytest.mark.parametrize("unit", ["NOTE:a\n", " a\n", "A;B=", '"', "\\,"])
def test_time_is_in_proportion_to_length(unit: str) -> None:
    assert_linear(data_values, lambda length: BEGINNING + "NOTE:" + unit * (length // len(unit)))
