from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Na2SO4 and C6H12O6, Fe2O3 or CaCO3.", ["Na2SO4", "C6H12O6", "Fe2O3", "CaCO3"]),
        ("Take CuSO4·5H2O", ["CuSO4·5H2O"]),
        ("CO2, H2O, NaCl; Office365, iPhone15, Mp3, Route66, MacBook2", []),
    ],
)
def test_formulas_are_told_from_words_with_figures(text: str, found: list[str]) -> None:
    assert [text[slice(*one.span)] for one in protected_spans(text)] == found
