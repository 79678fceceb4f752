from __future__ import annotations

import pytest

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.added_articles import without_article
from tests.service.pipeline.echo import Echo


@pytest.mark.parametrize(
    ("source", "lang", "written", "answered"),
    [
        ("casa", "en", "A house", "house"),
        ("casa", "en-GB", "the sea-side", "sea-side"),
        ("apple", "pt", "a maçã", "maçã"),
        ("EDUCATION", "pt-BR", "A educação", "educação"),
        ("eyeglasses", "pt", "uns óculos", "óculos"),
        ("poucos", "en", "a few", "a few"),
        ("mesmo", "en", "the same", "the same"),
        ("others", "pt", "os outros", "os outros"),
        ("mine", "pt", "o meu", "o meu"),
        ("once", "pt", "uma vez", "uma vez"),
        ("casa", "en", "a house by the sea", "a house by the sea"),
        ("casa", "en", "another house", "another house"),
        ("casa", "en", "A", "A"),
    ],
)
def test_a_word_alone_gets_no_article(source: str, lang: str, written: str, answered: str) -> None:
    step = without_article(source, lang)
    assert step is not None
    assert step.restored(DerivedText.of(written)).text == answered


@pytest.mark.parametrize(
    ("source", "lang"), [("a casa", "en"), ("casa", "de"), ("casa!", "en"), ("c", "en"), ("B2", "en")]
)
def test_any_other_text_keeps_what_is_written(source: str, lang: str) -> None:
    assert without_article(source, lang) is None


async def test_the_cells_of_a_table_have_no_articles() -> None:
    words = {"casa": "A House", "CASA": "A HOUSE", "azul": "Blue", "a House": "The House"}
    result = await Echo("pt", "en", words).translate("casa;azul\nazul;casa\nCasa;azul\numa casa;azul")
    assert result.text == "house;blue\nblue;house\nCasa;blue\numa A House;blue"
