from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.signs.sentence_blanks import sentence_blanks
from crosslate.service.pipeline.text.origin import DerivedText

SOURCE = 'He said: "It is very late. We are going home."'


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('Disse: "É tarde.Vamos para casa".', 'Disse: "É tarde. Vamos para casa".'),
        ('Disse: "É muito tarde? Vamos!Já!"', 'Disse: "É muito tarde? Vamos! Já!"'),
        *(
            (text, text)
            for text in ('Disse: "É tarde. Vamos".', "Veja Exemplo.Com.br e os EUA.Ali", "a 1.Vamos já")
        ),
    ],
)
def test_sentences_that_a_model_wrote_together_are_parted(output: str, expected: str) -> None:
    found = sentence_blanks(SOURCE)
    assert found is not None
    restored = found.restored(DerivedText.of(output))
    assert restored.text == expected
    # A word after the blank leads to the same word.
    at = expected.rindex(" ") + 1
    start, end = restored.origin.span((at, len(expected)))
    assert output[start:end] == expected[at:]


@pytest.mark.parametrize(
    "source", ["It is late.", "I saw Mr. Smith there.", "See late.Then go. It works fine. Yes it"]
)
def test_a_text_that_has_no_such_blank_gets_none(source: str) -> None:
    assert sentence_blanks(source) is None
