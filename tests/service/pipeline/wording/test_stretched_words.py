from __future__ import annotations

import pytest

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.stretched_words import with_words_of_one_length
from tests.growth import assert_linear

_WORDS = frozenset(
    [
        "so",
        "good",
        "god",
        "love",
        "cool",
        "no",
        "bom",
        "carro",
        "não",
        "muito",
        "isso",
        "please",
        "sim",
        "hello",
    ]
)


def count_tokens(word: str) -> int:
    return 1 if word.lower() in _WORDS else 2


def read(text: str, lang: str = "en") -> str:
    return with_words_of_one_length(DerivedText.of(text), lang, [], count_tokens).text


@pytest.mark.parametrize(
    ("text", "lang", "plain"),
    [
        ("sooooo gooood, I looove it", "en", "so good, I love it"),
        ("NOOOO! Hellooo, pleeeaaase", "en-GB", "NO! Hello, please"),
        ("Nãooooo, muuuuito boooom carrrro", "pt", "Não, muito bom carro"),
        ("issso simmmm", "pt-BR", "isso sim"),
        ("XVIII, AAA, XXXL, hmmm, brrrr, kkkkk, www.gooogle.com, @gooood, gooood@x", "en", None),
        ("goood schifffahrt", "de", None),
        ("good, Mississippi, zoo", "en", None),
    ],
)
def test_stretched_words_are_read_as_in_a_dictionary(text: str, lang: str, plain: str | None) -> None:
    assert read(text, lang) == (text if plain is None else plain)


def test_what_is_kept_stays() -> None:
    text = "sooo `sooo`"
    assert with_words_of_one_length(DerivedText.of(text), "en", [(5, 11)], count_tokens).text == "so `sooo`"


@pytest.mark.parametrize("part", ["o", "soo ", "sooo ", "aaabbbccc", "oooo "])
def test_time_is_linear_in_the_length(part: str) -> None:
    assert_linear(read, lambda length: part * (length // len(part)))
