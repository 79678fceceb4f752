from __future__ import annotations

import pytest

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.half_days import with_hours_of_whole_days
from tests.growth import assert_linear


def read(text: str, source: str = "en", target: str = "pt") -> str:
    return with_hours_of_whole_days(DerivedText.of(text), source, target, []).text


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("It ends at 12:00am, not 12pm.", "It ends at 0:00, not 12pm."),
        ("We land at 12:15 a.m. on Friday.", "We land at 0:15 on Friday."),
        ("We left at 12 a.m. It was dark.", "We left at 0:00. It was dark."),
        ("Open 9am–5pm, 10 a.m. - 2:30 p.m.", "Open 9:00–17:00, 10:00 - 14:30."),
        ("From 3:00 – 4:30pm or 11-1pm, 12am–1am", "From 15:00 – 16:30 or 11:00-13:00, 0:00–1:00"),
        ("At 5 p.m. and 7:05 a.m., 112am, 12 amps", None),
        ("At 3:45 PM or 12:30 p.m. He left.", "At 15:45 or 12:30. He left."),
        ("Pages 3-5 am, $9-5pm", "Pages 3:00-5:00, $9-5pm"),
    ],
)
def test_midnight_and_ranges_are_read_by_a_clock_of_a_whole_day(text: str, whole: str | None) -> None:
    assert read(text) == (text if whole is None else whole)
    assert read(text, "pt", "en") == text
    assert read(text, "en", "hi") == text


def test_what_is_kept_stays() -> None:
    text = "At 12am in `12am`"
    assert with_hours_of_whole_days(DerivedText.of(text), "en", "pt", [(11, 15)]).text == "At 0:00 in `12am`"


@pytest.mark.parametrize("part", ["9am-", "12 ", "12 a.m. ", "9–5pm ", "1-"])
def test_time_is_linear_in_the_length(part: str) -> None:
    assert_linear(read, lambda length: part * (length // len(part)))
