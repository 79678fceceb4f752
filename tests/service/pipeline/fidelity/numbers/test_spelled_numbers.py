from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.fidelity.numbers.spelled_numbers import spelled_in_target, wrong_words


@pytest.mark.parametrize(
    ("words", "source_lang", "target_lang", "written"),
    [
        ("thirty", "en", "pt", "trinta"),
        ("twelve thousand five hundred", "en", "pt", "doze mil e quinhentos"),
        ("one hundred and one", "en", "pt-BR", "cento e um"),
        ("a thousand", "en", "pt", "a thousand"),
        ("mil duzentos e trinta e quatro", "pt", "en", "one thousand two hundred and thirty-four"),
        ("duas", "pt", "en", "two"),
        ("cem mil", "pt", "en-GB", "one hundred thousand"),
        ("thirty", "en", "de", "thirty"),
        ("thirty days", "en", "pt", "thirty days"),
    ],
)
def test_numbers_in_the_words_of_the_target(
    words: str, source_lang: str, target_lang: str, written: str
) -> None:
    assert spelled_in_target(words, source_lang, target_lang) == written


@given(
    st.sampled_from(["", "one thousand", "twelve thousand", "ninety-nine thousand", "two hundred thousand"]),
    st.sampled_from(["", "one hundred", "four hundred", "nine hundred"]),
    st.sampled_from(["", "one", "eleven", "twenty", "seventy-six", "ninety-nine"]),
)
def test_a_number_comes_back_from_the_other_language(thousands: str, hundreds: str, rest: str) -> None:
    head = " and ".join(filter(None, [hundreds, rest]))
    joint = " and " if thousands and rest and not hundreds else " "
    english = joint.join(filter(None, [thousands, head])) or "one"
    portuguese = spelled_in_target(english, "en", "pt")
    assert portuguese != english
    assert spelled_in_target(portuguese, "pt", "en") == english


@pytest.mark.parametrize(
    ("source", "output", "wrong"),
    [
        ("on 30 (thirty) days", "em 30 (três) dias", ["thirty"]),
        ("on 30 (thirty) days", "em 30 (trinta) dias", []),
        (
            "EUR 1,250.00 (one thousand two hundred and fifty euros)",
            "(mil euros)",
            ["one thousand two hundred and fifty"],
        ),
        ("2% (two percent)", "2% (dois por cento)", []),
        ("30 (see page two)", "30 (ver)", []),
        ("30 (forty) days", "30 (dez) dias", []),
    ],
)
def test_words_that_say_another_number_are_found(source: str, output: str, wrong: list[str]) -> None:
    assert [source[slice(*span)] for span in wrong_words(source, output, "en", "pt")] == wrong
