from __future__ import annotations

import pytest

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.titles import AsTitle, read_as_sentence
from tests.service.pipeline.fakes import FakeEngine
from tests.service.pipeline.helpers import make_translator, request


def count_tokens(word: str) -> int:
    """Names are in the vocabulary with a capital only."""
    if word.title() in {"Lisbon", "Portuguese"}:
        return 2 - word.istitle()
    return 2 - word.islower()


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("How to Clean the Filter", "How to clean the filter"),
        ("The History of the Portuguese Language", "The history of the Portuguese language"),
        ("How the NASA Came to Lisbon", "How the NASA came to Lisbon"),
        ("Getting Started: Your First Steps", "Getting started: your first steps"),
        ("Tuesday, May 7, And Some Days In 2 March Or So", "Tuesday, May 7, and some days in 2 March or so"),
        ("Why Vitamin C Is A Must", "Why vitamin C is a must"),
        ("World Cup – Group A, Day One", "World cup – group A, day one"),
        ("Exhibit A and Appendix B of the Plan", "Exhibit A and appendix B of the plan"),
    ],
)
def test_titles_are_read_as_sentences(title: str, read: str) -> None:
    assert read_as_sentence(title, "en", count_tokens) == read


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Anna Keller", "en"),
        ("Please ask Anna Keller about it", "en"),
        ("Anna Met Tom And They Left.", "en"),
        ("Stop! You Must Not Go In", "en"),
        ("Send It To Anna@Example.Com Right Now", "en"),
        ("Der Hund und Die Katze", "de"),
        ("Lat 38.7° N, Long 9.1° W", "en"),
        ("all in lower case here", "en"),
        ("221B Baker Street, London NW1 6XE, United Kingdom", "en"),
        ("Room 101, Building C-3, Main Street, New York", "en"),
        ("Louis XIV, World War II, Rocky IV", "en"),
    ],
)
def test_what_is_no_title_is_left(text: str, lang: str) -> None:
    assert read_as_sentence(text, lang, count_tokens) is None


@pytest.mark.parametrize(
    ("source", "written", "lang", "title"),
    [
        (
            "Como Limpar o Filtro da Água",
            "how to clean the water filter",
            "en",
            "How to Clean the Water Filter",
        ),
        ("What Anna Keller Said to Us", "O que anna keller nos disse", "pt", "O que Anna Keller nos disse"),
        ("By Jane Doe and Me Too", "por jane doe e me", "pt", "Por Jane Doe e me"),
        (
            "Avenida da Liberdade, 3.º Dto.",
            "avenue of liberty, 3rd Dto.",
            "en",
            "Avenue of Liberty, 3rd Dto.",
        ),
        ("No Way to Go There", "não há caminho no mapa", "pt", "Não há caminho no mapa"),
        ("What to Look At When Cooking", "what to look at", "en", "What to Look At"),
        ("How to Clean the Filter", "", "en", ""),
        ("Garrafa Térmica Azul 750 ml", "blue bottle 750 ml", "en", "Blue Bottle 750 ml"),
        ("Meus 3 Filhos Mais Novos", "my 3 youngest children", "en", "My 3 Youngest Children"),
    ],
)
def test_translations_of_titles_are_titles(source: str, written: str, lang: str, title: str) -> None:
    restored = AsTitle(source, lang).restored(DerivedText.of(written))
    assert restored.text == title
    assert len(restored.origin) == len(written)


async def test_a_title_goes_through_a_translation() -> None:
    engine = FakeEngine()
    result = await make_translator(engine).translate(request("How to Clean the Old Filter", target_lang="pt"))
    assert result.text == "How to Clean the Old Filter"  # words that are as they were
