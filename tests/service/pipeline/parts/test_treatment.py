from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.tokenizers.byte_tokenizer import ByteTokenizer
from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.signs.prepare import without_invisible
from crosslate.service.pipeline.fidelity.signs.vocabulary import Vocabulary
from crosslate.service.pipeline.fidelity.stand_ins.habits import CopyHabits
from crosslate.service.pipeline.fidelity.stand_ins.masking import Masked
from crosslate.service.pipeline.fidelity.stand_ins.stand_ins import FORMS, StandIn
from crosslate.service.pipeline.parts.languages import Languages
from crosslate.service.pipeline.parts.losses import faults_of
from crosslate.service.pipeline.parts.treatment import Treatment
from crosslate.service.pipeline.text.origin import DerivedText

_PAIR = Languages("en", "pt")


class _Vocabulary(Vocabulary):
    """Of a model that has no letters but those of ASCII."""

    def knows(self, character: str) -> bool:
        return character.isascii() and character not in "{}"


def _treatment(text: str) -> Treatment:
    return Treatment(
        text, DerivedText.of(text), protected_spans(text), CopyHabits(_Vocabulary(ByteTokenizer())), _PAIR
    )


def _answer(sentence: Masked, output: str) -> str:
    return faults_of(sentence, output, _PAIR).output.text.text


def test_a_plain_sentence_is_left_alone() -> None:
    sentence = _treatment("The cat sat on the mat.").masked()
    assert sentence.source.text == "The cat sat on the mat."
    assert not sentence.slots
    assert not faults_of(sentence, "O gato sentou no tapete.", _PAIR).num


def test_what_is_protected_comes_back_byte_for_byte() -> None:
    sentence = _treatment("Hello {name}, pay £1,250.00 to Müller at a@b.example.").masked()
    assert sentence.source.text == "Hello X1, pay X2 to Muller at X3."
    output = "Olá X1, pague X2 a Muller em X3."
    assert _answer(sentence, output) == "Olá {name}, pague £1.250,00 a Müller em a@b.example."
    assert not faults_of(sentence, output, _PAIR).num


def test_the_number_of_a_product_is_no_amount() -> None:
    sentence = _treatment("Radio 5.2™ has 75.5 m²").masked()
    assert _answer(sentence, sentence.source.text) == "Radio 5.2™ has 75,5 m²"


def test_blanks_around_a_stand_in_go_with_it() -> None:
    sentence = _treatment("Read our<br/>terms&nbsp;now").masked()
    assert sentence.source.text == "Read our X1 terms X2 now"
    assert _answer(sentence, "Leia os X1 termos X2 agora") == "Leia os<br/>termos&nbsp;agora"


def test_stand_ins_are_none_of_the_words() -> None:
    sentence = _treatment("Size X1 or x2 for {name}").masked()
    assert sentence.source.text == "Size X1 or x2 for X3"


def test_letters_that_touch_a_placeholder_are_part_of_it() -> None:
    assert _treatment("Open file_{id}px now").masked().source.text == "Open X1 now"


def test_words_between_the_blocks_of_a_template_are_read() -> None:
    sentence = _treatment("{% if user %}Welcome back{% else %}Log in{% endif %}").masked()
    assert sentence.source.text == "X1 Welcome back X2 Log in X3"
    output = "X1 Olá de novo X2 Entre X3"
    assert _answer(sentence, output) == "{% if user %}Olá de novo{% else %}Entre{% endif %}"


def test_marks_of_direction_stay_around_what_is_copied() -> None:
    text = "The word \u2067שלום\u2069, {name}\u200e too"
    treatment = _treatment(text)
    visible = without_invisible(treatment.given)
    treatment = dataclasses.replace(treatment, given=visible, protected=protected_spans(visible.text))
    sentence = treatment.masked()
    assert sentence.source.text == "The word X1, X2 too"
    assert _answer(sentence, "A palavra X1, também X2") == "A palavra \u2067שלום\u2069, também {name}\u200e"


def test_what_an_amount_is_for_is_no_part_of_it() -> None:
    treatment = _treatment("It costs 1.21/each")
    faults = faults_of(treatment.masked(), "Custa 1.21/cada", _PAIR)
    again = treatment.again(faults)
    assert again is not None
    sentence = again.masked()
    assert sentence.source.text == "It costs %1/each"
    assert _answer(sentence, "Custa %1/cada") == "Custa 1,21/cada"


@pytest.mark.parametrize(
    ("output", "missing", "doubled"),
    [
        ("Olá, bem-vindo", 1, 0),
        ("Olá X1, X1", 0, 1),
        ("Olá X12", 1, 0),
        ("Olá x1", 0, 0),
    ],
)
def test_a_stand_in_that_is_lost_or_doubled_is_a_fault(output: str, missing: int, doubled: int) -> None:
    found = faults_of(_treatment("Hello {name}").masked(), output, _PAIR)
    assert (len(found.output.missing), len(found.output.doubled)) == (missing, doubled)


def _with_stand_ins() -> Masked:
    """A sentence whose tags could not be placed by links."""
    habits = CopyHabits(_Vocabulary(ByteTokenizer()), (StandIn("Y"), StandIn("X")))
    return dataclasses.replace(_treatment("Read <b>it</b> now"), habits=habits, attempt=1).masked()


def test_a_closing_tag_before_its_opening_one_is_a_fault() -> None:
    assert faults_of(_with_stand_ins(), "Leia X2 isto X1 agora", _PAIR).num == 1


def test_tags_without_the_words_between_them_are_a_fault() -> None:
    assert faults_of(_with_stand_ins(), "Leia isto X1 X2 agora", _PAIR).num == 1
    assert not faults_of(_treatment("Read <b></b> now").masked(), "Leia X1 agora", _PAIR).num


def test_another_attempt_has_other_stand_ins_for_more_of_it() -> None:
    treatment = _treatment("{name} met Müller in 1987.")
    first = treatment.masked()
    faults = faults_of(first, "X1 conheceu o moleiro em 1978.", _PAIR)
    again = treatment.again(faults)
    assert again is not None
    second = again.masked()
    assert second.source.text == "%1 met %2 in %3."
    assert _answer(second, "%1 conheceu %2 em %3.") == "{name} conheceu Müller em 1987."


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("Muller chegou.", "Müller chegou."),
        ("A casa de Muller's", "A casa de Müller's"),
        ("MULLER CHEGOU", "MÜLLER CHEGOU"),
        ("Mullers chegou", "Müllers chegou"),
        ("Muler chegou", "Müller chegou"),
    ],
)
def test_a_name_is_known_again_in_other_forms(output: str, expected: str) -> None:
    assert _answer(_treatment("Müller arrived.").masked(), output) == expected


def test_a_name_that_reads_like_another_is_protected() -> None:
    sentence = _treatment("Muller and Müller met.").masked()
    assert sentence.source.text == "Muller and X1 met."


def test_a_foreign_word_in_lower_case_may_be_translated() -> None:
    sentence = _treatment("He is naïve.").masked()
    assert sentence.source.text == "He is naive."
    assert not faults_of(sentence, "Ele é ingénuo.", _PAIR).num


@given(
    st.lists(
        st.sampled_from(
            ["Hi", "{a}", "<b>", "£5", "Jörg", "Жук", "a@b.example", "😀", "½", ",", " ", "→", "%s"]
        )
    ),
    st.sampled_from(FORMS),
)
def test_a_model_that_copies_gives_the_text_again(parts: list[str], form: StandIn) -> None:
    text = "".join(parts)
    habits = CopyHabits(_Vocabulary(ByteTokenizer()), (form,))
    sentence = Treatment(text, DerivedText.of(text), protected_spans(text), habits, _PAIR).masked()
    found = faults_of(sentence, sentence.source.text, _PAIR)
    assert found.output.text.text == text
    spans = [slot.source for slot in sentence.slots] + [word.source for word in sentence.folded]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert not found.output.missing


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_can_be_treated_and_any_output_restored(text: str, output: str) -> None:
    treatment = _treatment(text)
    sentence = treatment.masked()
    found = faults_of(sentence, output, _PAIR)
    assert len(found.output.text.origin) == len(found.output.text.text)
    again = treatment.again(found)
    assert again is None or again.masked().source.text != treatment.masked().source.text
