from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.signs.currencies import currency_signs
from crosslate.service.pipeline.text.origin import DerivedText


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("Digite até R$ 3.482,17.", "Enter up to $3,482.17.", "Enter up to R$ 3,482.17."),
        ("De R$50 ou US$ 20", "From $50 or $20", "From R$50 or $20"),
        ("It costs $20.", "Custa US$ 20.", "Custa US$ 20."),
        ("It costs $20 or €30.", "Custa R$ 20 ou $ 30.", "Custa $20 ou €30."),
        ("Revenue: $1,350,000", "Receita: US $ 1.350.000", "Receita: US$ 1.350.000"),
        ("R$ 5 milhões", "R$ 5 million", "R$ 5 million"),
        ("De R$ 99,90 por R$ 49,90", "From R$ 99.90 for R$49.90", "From R$ 99.90 for R$ 49.90"),
        ("Por US$ 11.000", "For $11,000", "For $11,000"),
        ("R$ 50", "50 reais for $5", "50 reais for $5"),
        ("R$ 50 são US$ 50", "$50 is $50", "$50 is $50"),
    ],
)
def test_amounts_have_the_signs_of_their_source(source: str, output: str, expected: str) -> None:
    found = currency_signs(source)
    assert found is not None
    assert found.restored(DerivedText.of(output)).text == expected


@pytest.mark.parametrize("text", ["Sem preço, 50 euros", "echo $HOME", "set FOR$5"])
def test_without_amounts_there_is_nothing_to_do(text: str) -> None:
    assert currency_signs(text) is None
