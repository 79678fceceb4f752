from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.slashes import tight_slashes
from crosslate.service.pipeline.origin import DerivedText


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("N/A", "N / D", "N/D"),
        ("M/L and 20 km/h", "M /L e 20 km/ h", "M/L e 20 km/h"),
        ("yes/no", "sim/não", "sim/não"),
    ],
)
def test_blanks_beside_slashes_that_the_source_has_not_go(source: str, output: str, expected: str) -> None:
    slashes = tight_slashes(source)
    assert slashes is not None
    assert slashes.restored(DerivedText.of(output)).text == expected


@pytest.mark.parametrize("source", ["Sign in / Sign up, and/or", "either /or", "nothing"])
def test_a_text_with_such_blanks_is_left(source: str) -> None:
    assert tight_slashes(source) is None
