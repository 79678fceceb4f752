from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.signs.percents import doubled_percents
from crosslate.service.pipeline.text.origin import DerivedText


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("Save 50%% today", "Poupe 50% hoje", "Poupe 50%% hoje"),
        ("2.5%% of %d", "2,5 % de %d", "2,5 %% de %d"),
        ("50%% off", "50%% off", "50%% off"),
        ("10% or 20%%", "10% ou 20%", "10% ou 20%%"),
        ("10%% of 30%%", "10% de 40%", "10%% de 40%"),
    ],
)
def test_a_sign_that_was_doubled_is_doubled_again(source: str, output: str, expected: str) -> None:
    found = doubled_percents(source)
    assert found is not None
    assert found.restored(DerivedText.of(output)).text == expected


def test_a_number_with_both_is_left_alone() -> None:
    assert doubled_percents("10% is written 10%%") is None
    assert doubled_percents("10% of %d") is None
