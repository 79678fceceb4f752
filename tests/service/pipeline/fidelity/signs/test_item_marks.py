from __future__ import annotations

import pytest

from crosslate.models.tokenizers.byte_tokenizer import ByteTokenizer
from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.protected.spans import Kind
from crosslate.service.pipeline.fidelity.signs.item_marks import lost_codes, lost_items
from crosslate.service.pipeline.fidelity.signs.vocabulary import Vocabulary
from crosslate.service.pipeline.fidelity.stand_ins.habits import CopyHabits
from crosslate.service.pipeline.parts.languages import Languages
from crosslate.service.pipeline.parts.losses import faults_of
from crosslate.service.pipeline.parts.treatment import Treatment
from crosslate.service.pipeline.text.origin import DerivedText
from tests.service.pipeline.echo import Echo

SOURCE = "The bank may (a) freeze the account, (b) refuse orders and (c) notify (i) the police."


@pytest.mark.parametrize(
    ("source", "output", "lost"),
    [
        ("O n.º 1, al. a), da lei", "Article 1 (e) of the law", ["a)"]),
        ("O n.º 1, al. a), da lei", "Point (a) of the law", []),
        (SOURCE, "O banco pode (a) x, b) y e (c) z (i) w.", []),
        (SOURCE, "O banco pode x, (b) y e (c) z.", ["(a)", "(i)"]),
        ("(A) whale (B) bat (C) shark", "(A) baleia (C) tubarão", ["(B)"]),
        ("Pay a) cash or b) by card.", "Pague dinheiro ou b) com cartão.", ["a)"]),
        ("(ii) and (II)", "(ii) e (ii)", ["(II)"]),
        ("Point (a) and point (a) alone", "O ponto", []),
        ("Os outros (e) alguns", "The others and some", []),
        ("thirty (30) days and five (5) more", "trinta dias", []),
        ("f(x) and g(y), item(s) and 4(a), Sr(a)", "nada", []),
    ],
)
def test_marks_that_an_output_has_not(source: str, output: str, lost: list[str]) -> None:
    assert [source[start:end] for start, end in lost_items(source, output)] == lost


async def test_a_mark_that_is_lost_is_tried_again_with_a_stand_in() -> None:
    echo = Echo("en", "pt", {"(b) ": ""})
    result = await echo.translate("You may (a) call us, (b) write or (c) wait.")
    assert result.text == "You may (a) call us, (b) write or (c) wait."
    assert result.warnings == []
    assert len(echo.read) == 2


def test_a_mark_that_is_lost_is_one_of_the_faults() -> None:
    languages = Languages("en", "pt")
    text = "You may (a) call us, (b) write to {name} or (c) wait."
    given = DerivedText.of(text)
    habits = CopyHabits(Vocabulary(ByteTokenizer()))
    sentence = Treatment(text, given, protected_spans(text), habits, languages).masked()
    faults = faults_of(sentence, "Pode (a) ligar, escrever a X1 ou (c) esperar.", languages)
    assert (faults.item_spans, faults.num) == ([(21, 24)], 1)
    assert faults.without_stand_in() == [((21, 24), Kind.CODE)]


@pytest.mark.parametrize(
    ("source", "output", "lost"),
    [
        ("10% off with code SAVE10", "10% de desconto", ["SAVE10"]),
        ("Set backgroundColor, on an iPhone by McDonald", "Defina", ["backgroundColor"]),
        ("The PS5 and COVID19", "A PS 5 e a Covid-19", []),
        ("Room B12, 10AM and 5G", "Sala", []),
        ("Error: ENOENT or UNESCO", "Erro: ENOENTE ou UNESCO", ["ENOENT"]),
        ("From BRASIL to ENOENT, EPERM", "De BRAZIL a ENOEN", ["ENOENT"]),
        ("URGENT: the XKCDPR is SIGTERM", "URGENTE: o XKCDPRE é SIGTERME", ["XKCDPR", "SIGTERM"]),
    ],
)
def test_codes_that_are_lost_are_found(source: str, output: str, lost: list[str]) -> None:
    assert [source[slice(*span)] for span in lost_codes(source, output)] == lost
