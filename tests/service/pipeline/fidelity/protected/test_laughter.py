from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.laughter import laughter
from tests.growth import assert_linear


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("kkkkkk mano, KKK", ["kkkkkk", "KKK"]),
        ("Hahaha, haha ha ha ha, hehe e rsrsrs", ["Hahaha", "haha ha ha ha", "hehe", "rsrsrs"]),
        ("jajaja lololol huehue ahahah", ["jajaja", "lololol", "huehue", "ahahah"]),
        ("Hi, he has a hat; aha, ja, lol, @haha", []),
    ],
)
def test_laughter_is_found(text: str, found: list[str]) -> None:
    assert [text[slice(*span)] for span in laughter(text)] == found


@pytest.mark.parametrize("part", ["ha", "ha ", "k", "rs", "ah"])
def test_time_is_linear_in_the_length(part: str) -> None:
    assert_linear(lambda text: list(laughter(text)), lambda length: "x" + part * (length // len(part)))
