from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.signs.unpaired import unpaired
from crosslate.service.pipeline.text.origin import DerivedText


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("a) apples; b) pears", "a) maçãs; (b) peras", "a) maçãs; b) peras"),
        ("c) 12", "(c) 12", "c) 12"),
        ("rent; (b) deposit", "renda; b) caução", "renda; (b) caução"),
        ("iv) the rest (a lot)", "(iv) o resto (muito)", "iv) o resto (muito)"),
        ("see (b) and b) too", "ver (b) e (b) também", "ver (b) e (b) também"),
        ("Vamos - disse ele.", "Let's go,\" he said.", "Let's go, he said."),
        ('The file is "My report (final).docx".', 'É "Meu (final).docx.', 'É "Meu (final).docx".'),
        ('He said "no!"', 'Disse "não!', 'Disse "não!"'),
        ('He said "no" twice', 'Disse "não duas vezes', 'Disse "não duas vezes'),  # nobody knows where
        ('A 5" pipe - or so', 'Um tubo de 5" - ou assim', 'Um tubo de 5" - ou assim'),
        ("It is (so; 1 = 2.1).", "É (assim; 1 = 2,1.", "É (assim; 1 = 2,1)."),
        ("One (big) dog", "Um grande) cão", "Um grande cão"),
        ("One (big) dog", "Um (grande cão", "Um (grande cão"),  # nobody knows where
        ('"Yes", she said.', '"Sim", disse ela.', '"Sim", disse ela.'),
        ('She said, "I know..."', 'Disse: "Eu sei"...', 'Disse: "Eu sei..."'),
        ('"So"... he said. "No..."', '"Então"... disse. "Não"...', '"Então"... disse. "Não"...'),
    ],
)
def test_marks_stand_in_pairs_as_in_the_source(source: str, output: str, expected: str) -> None:
    marks = unpaired(source)
    assert marks is not None
    assert marks.restored(DerivedText.of(output)).text == expected


def test_a_plain_sentence_may_be_said_as_it_comes() -> None:
    assert unpaired("The well-known cat sleeps.") is None
