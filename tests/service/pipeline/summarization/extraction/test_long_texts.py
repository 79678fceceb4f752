"""What counts in texts of thousands of words."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.summarization.extraction.features import features
from crosslate.service.pipeline.summarization.extraction.salience import ROOMS, Selector
from crosslate.service.pipeline.summarization.extraction.units import Unit, read_units
from crosslate.service.pipeline.summarization.reading.sentences import read_prose
from crosslate.service.pipeline.summarization.types import SummaryLength

TALE = [
    "At dawn he saw that Marta had left the harbour.",
    "She would not come back before the snow.",
    "So he asked Ilse for a boat and for bread.",
    "Nobody knew where the islands were.",
    "Days later he met Marta on the ice with her dogs.",
]


def units_of(text: str) -> list[Unit]:
    return read_units(text, read_prose(text, "en", {}))


def tale(num_times: int) -> list[Unit]:
    return units_of(" ".join(TALE * num_times))


def test_a_short_text_has_no_features_of_long_ones() -> None:
    found = features(tale(3))
    assert max(found["story_relative"]) == 1.0
    assert {value for name, values in found.items() if name.startswith("long_") for value in values} == {0.0}


def test_the_place_says_nothing_in_a_text_of_thousands_of_words_but_who_is_named_does() -> None:
    found = features(tale(100))
    assert not any(found["relative"])
    assert not any(found["story_relative"])
    # Of every five sentences two name Marta, one only Ilse.
    assert found["long_cast"][:5] == [1.0, 0.0, 0.5, 0.0, 1.0]


def test_between_long_and_short_both_count_a_part() -> None:
    found = features(tale(40))
    assert 0.0 < max(found["story_relative"]) < 1.0
    assert 0.0 < max(found["long_cast"]) < 1.0


@pytest.mark.parametrize("length", ["auto", "medium", "long"])
def test_however_long_its_best_sentences_are_a_summary_is_no_more_than_twice_as_long_as_said(
    length: SummaryLength,
) -> None:
    short = [f"They met {name} at port {i}." for i, name in enumerate(["Ann", "Bo", "Cy", "Di"] * 60)]
    long = [f"{' '.join(f'word{i}x{k}' for k in range(38))} of Marta." for i in range(60)]
    units = units_of(
        " ".join(
            part for group in zip(short[::4], short[1::4], short[2::4], long, strict=True) for part in group
        )
    )
    chosen = Selector(units, {"longer": 1.0}, length).selection().chosen
    num_words = sum(len(unit.words) for unit in units)
    growth = max(num_words / 400, 1.0) ** 0.5 if ROOMS[length].grows else 1.0
    assert len(chosen) > 1
    assert sum(len(units[i].words) for i in chosen) <= 2 * ROOMS[length].words * growth
