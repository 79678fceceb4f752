from __future__ import annotations

import pytest

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.given_names import given_names, greeted
from tests.growth import assert_linear


@pytest.mark.parametrize(
    ("source", "written", "answer"),
    [
        ("João e Maria foram.", "John and Mary went.", "João and Maria went."),
        ("O Tiago viu o Tiago.", "James saw James, James.", "Tiago saw Tiago, James."),
        ("O João viu o gato de João.", "João saw John's cat.", "João saw João's cat."),
        ("O João chegou.", "Joan has come.", "Joan has come."),
        ("João, o Mark chegou.", "John, Mark is there.", "João, Mark is there."),
    ],
)
def test_people_keep_their_names(source: str, written: str, answer: str) -> None:
    names = given_names(source, "pt-BR", "en")
    assert names is not None
    assert names.restored(DerivedText.of(written)).text == answer


@pytest.mark.parametrize(
    "text",
    [
        "D. João VI, o rei Carlos I e São Pedro",
        "João Batista, Pedro o Grande",
        "Segundo o Evangelho, João viu Maria.",
        "joão@x.pt, @João e #Maria",
        "A casa é grande.",
    ],
)
def test_saints_and_kings_have_those_of_the_language(text: str) -> None:
    assert given_names(text, "pt", "en") is None


def test_other_languages_are_left() -> None:
    assert given_names("John and Mary", "en", "fr") is None
    assert given_names("João e Maria", "pt", "es") is None
    assert given_names("King George and Elizabeth II of St. Peter", "en", "pt") is None


@pytest.mark.parametrize(
    ("text", "lang", "name"),
    [
        ("Olá, Paulo!", "pt", "Paulo"),
        ("Dear Peter,", "en", "Peter"),
        ("Bom dia, Marcos. Tudo bem?", "pt-BR", "Marcos"),
        ("Hello World!", "en", None),
        ("Dear Peter Smith,", "en", None),
        ("Paulo, olá!", "pt", None),
    ],
)
def test_who_is_greeted_is_found(text: str, lang: str, name: str | None) -> None:
    span = greeted(text, lang)
    assert (None if span is None else text[slice(*span)]) == name


@pytest.mark.parametrize("part", ["John ", "St. John ", "João", "Aa "])
def test_time_is_linear_in_the_length(part: str) -> None:
    assert_linear(lambda text: given_names(text, "en", "pt"), lambda length: part * (length // len(part)))
