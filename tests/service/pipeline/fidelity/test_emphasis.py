from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.emphasis import emphasis
from crosslate.service.pipeline.origin import DerivedText


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("*sighs* I know", "* Suspiro* Eu sei", "*Suspiro* Eu sei"),
        ("the **new** and _old_ one", "o ** novo ** e _ velho_", "o **novo** e _velho_"),
        ("*All of it*", "*  Tudo  *", "*Tudo*"),
        ("*a* b", "um b", "um b"),
        ("*a* b", "* um b", "* um b"),
        ("*a* b", "* * b", "* * b"),
    ],
)
def test_blanks_within_marks_are_left_out(source: str, output: str, expected: str) -> None:
    found = emphasis(source)
    assert found is not None
    assert found.restored(DerivedText.of(output)).text == expected


@pytest.mark.parametrize(
    "text",
    ["The price* is final. *Taxes not included.", "5 * 3 * 2", "a snake_case_name", "~5 and ~6", "Olá"],
)
def test_other_marks_are_none(text: str) -> None:
    assert emphasis(text) is None
