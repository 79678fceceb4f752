from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.numbers.ordinals import (
    ordinal_in_target_form,
    raised_letters,
    raised_ordinals,
)
from crosslate.service.pipeline.text.origin import DerivedText


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("CLÁUSULA 3.ª", "CLAUSE 3a", "CLAUSE 3.ª"),
        ("a D.ª Inês", "D.a Inês", "D.ª Inês"),
        ("o 1º ato", "act 1or", "act 1º"),
        ("n.º 2 e 3.º", "no. 2 and 3.o", "no. 2 and 3.º"),
        ("n.º 2", "no 2a", "no 2a"),
        ("o 2.º andar", "the 2nd floor", "the 2nd floor"),
    ],
)
def test_raised_letters_come_back(source: str, output: str, expected: str) -> None:
    found = raised_letters(source)
    assert found is not None
    assert found.restored(DerivedText.of(output)).text == expected


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("The 2nd meeting, 1ST FLOOR", "A 2a reunião, 1o ANDAR", "A 2ª reunião, 1º ANDAR"),
        ("the 21st and 1st", "o 21.o e 1.o", "o 21.º e 1.º"),
        ("Room 1a, 1st floor", "Sala 1a, 1o andar", "Sala 1a, 1o andar"),
        ("the 3rd of May", "3 de maio, 13o", "3 de maio, 13o"),
        ("Article 12 and the 2nd one", "O artigo 12.o e o 2o", "O artigo 12.º e o 2º"),
        ("Section 4 of 1.5", "A secção 4.a de 1.5a, 3o", "A secção 4.ª de 1.5a, 3o"),
    ],
)
def test_ordinals_are_written_with_raised_letters(source: str, output: str, expected: str) -> None:
    found = raised_ordinals(source, "en", "pt-BR")
    assert found is not None or output == expected
    assert found is None or found.restored(DerivedText.of(output)).text == expected
    assert raised_ordinals(source, "en", "de") is None


def test_most_texts_have_none() -> None:
    assert raised_ordinals("The best ten stars", "en", "pt") is None
    assert raised_letters("Olá, João") is None


@pytest.mark.parametrize(("lang", "expected"), [("pt-BR", "#º"), ("de", "#."), ("ja", "#th")])
def test_the_letters_of_a_numeral_are_those_of_the_language(lang: str, expected: str) -> None:
    assert ordinal_in_target_form("#th", lang) == expected
