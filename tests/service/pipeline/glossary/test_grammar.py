"""Words around a term, and forms of it, as grammars have them."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.glossary.grammar import (
    agreeing,
    as_before,
    have_same_agreement,
    is_agreeing,
    is_function_word,
)
from crosslate.service.pipeline.glossary.inflection import plural_of


@pytest.mark.parametrize(
    ("word", "phrase", "expected"),
    [
        ("o", "máscara facial", "a"),
        ("O", "doenças", "As"),
        ("da", "vírus", "do"),
        ("no", "infecções", "nas"),
        ("pelos", "epidemia", "pela"),
        ("uma", "sistema", "um"),
        ("um", "sintomas", "uns"),
        ("novo", "vacinas", "novas"),
        ("grande", "vacinas", "grandes"),
        ("o", "dor de garganta", "a"),
        ("as", "dores", "as"),
        ("a", "dia", "o"),
        ("a", "limites", "os"),
        ("A antiga", "viaduto", "O antigo"),
        ("da nova", "sistemas", "dos novos"),
        ("Uma grande", "sistemas", "Uns grandes"),
        ("com", "vacinas", "com"),
    ],
)
def test_portuguese_agreement(word: str, phrase: str, expected: str) -> None:
    assert agreeing(word, phrase, "pt-BR") == [expected]


@pytest.mark.parametrize(
    ("article", "adjective", "expected"),
    [
        ("a", "antiga", True),
        ("Dos", "antigos", True),
        ("o", "antiga", False),
        ("a", "grande", True),
        ("as", "grande", False),
        ("com", "antiga", False),
        ("a", "sua", False),
        ("a", "pessoa", False),
        ("a", "nova", True),
    ],
)
def test_an_article_and_an_adjective(article: str, adjective: str, expected: bool) -> None:
    assert is_agreeing(article, adjective, "pt") is expected
    assert not is_agreeing(article, adjective, "en")


def test_where_spelling_does_not_tell_the_gender_either_may_be_right() -> None:
    assert agreeing("da", "gripe", "pt") == ["do", "da"]
    assert agreeing("Os", "testes", "pt") == ["Os", "As"]


@pytest.mark.parametrize(
    ("word", "phrase", "expected"),
    [
        ("a", "apple", "an"),
        ("An", "mask", "A"),
        ("a", "hour", "an"),
        ("an", "unit", "a"),
        ("the", "apple", "the"),
    ],
)
def test_english_articles(word: str, phrase: str, expected: str) -> None:
    assert agreeing(word, phrase, "en") == [expected]


@pytest.mark.parametrize(
    ("form", "before", "expected"),
    [
        ("infetado", "infectadas", "infetadas"),
        ("infetado", "infectado", None),
        ("febre", "gripes", None),
        ("vírus novo", "gripes", None),
        ("ser infetado", "ser infectadas", "ser infetadas"),
        ("ser infetado", "é infectadas", None),
    ],
)
def test_an_adjective_takes_the_ending_of_the_one_before(
    form: str, before: str, expected: str | None
) -> None:
    assert as_before(form, before, "pt") == expected
    assert as_before(form, before, "de") is None


@pytest.mark.parametrize(
    ("phrase", "lang", "expected"),
    [
        ("mask", "en", "masks"),
        ("box", "en", "boxes"),
        ("battery", "en", "batteries"),
        ("day", "en", "days"),
        ("center for disease control", "en", "centers for disease control"),
        ("máscara facial", "pt", "máscaras faciais"),
        ("infecção", "pt", "infecções"),
        ("equipamento de proteção", "pt", "equipamentos de proteção"),
        ("doutor", "pt", "doutores"),
        ("jovem", "pt", "jovens"),
        ("vírus", "pt", "vírus"),
        ("Maske", "de", None),
    ],
)
def test_plurals(phrase: str, lang: str, expected: str | None) -> None:
    assert plural_of(phrase, lang) == expected


def test_words_that_say_little() -> None:
    assert is_function_word("Da", "pt")
    assert is_function_word("the", "en-US")
    assert not is_function_word("novo", "pt")
    assert not is_function_word("da", "de")


@pytest.mark.parametrize(
    ("phrase", "other", "lang", "expected"),
    [
        ("ponte", "passarela", "pt", False),  # nothing tells what `ponte` is
        ("casa", "moradia", "pt", True),
        ("Casa", "moradia de férias", "pt-BR", True),
        ("rio", "ribeira", "pt", False),
        ("rios", "ribeiros", "pt", True),
        ("rio", "ribeiros", "pt", False),
        ("vírus", "germe", "pt", False),  # one or several
        ("COVID-19", "doença", "pt", False),
        ("bridge", "flyover", "en", True),
        ("bridges", "flyover", "en", False),
        ("centers for disease control", "agencies", "en", True),
        ("people", "person", "en", False),
        ("virus", "germ", "en", True),
        ("Brücke", "Brücke", "de", False),
        ("19", "20", "pt", False),
    ],
)
def test_of_one_number_and_gender_beyond_doubt(phrase: str, other: str, lang: str, expected: bool) -> None:
    assert have_same_agreement(phrase, other, lang) is expected
    assert have_same_agreement(other, phrase, lang) is expected


@pytest.mark.parametrize(
    ("phrase", "article", "other", "expected"),
    [
        ("passarela", "a", "ponte", True),
        ("viaduto", "a", "ponte", False),
        ("doença", "Da", "COVID-19", True),
        ("germe", "o", "vírus", True),
        ("germes", "os", "vírus", True),
        ("germe", "os", "vírus", False),
        ("ponte", "a", "passarela", False),
        ("meios", "a", "problemas", False),  # no article
        ("passarela", "grande", "ponte", False),
    ],
)
def test_an_article_tells_of_what_a_word_is(phrase: str, article: str, other: str, expected: bool) -> None:
    assert have_same_agreement(phrase, other, "pt", article=article) is expected
