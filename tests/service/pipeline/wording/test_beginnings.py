from __future__ import annotations

import pytest

from crosslate.service.pipeline.wording.beginnings import StreamedBeginning, added_capitals, missing_capital
from tests.service.pipeline.echo import Echo


def count_tokens(word: str) -> int:
    """Names are in the vocabulary with a capital only."""
    return 2 - word.istitle() if word.title() in {"Lisbon", "John", "York"} else 1


def with_capital(written: str, source: str, lang: str = "en") -> str:
    edit = missing_capital(written, source, lang)
    edits = [edit] if edit else added_capitals(written, source, lang, count_tokens)
    for (start, end), word in reversed(list(edits)):
        written = written[:start] + word + written[end:]
    return written


CASES = [
    ("Lost badge", "crachá perdido", "Crachá perdido"),
    ("“Never!”", "“nunca!”", "“Nunca!”"),
    ("Fire", "fogo", "Fogo"),
    ("À noite elas respiram.", "at night they breathe.", "At night they breathe."),
    ("fire", "fogo", "fogo"),
    ("3 Apples", "três maçãs", "três maçãs"),
    ("Use npm here", "npm é usado aqui", "npm é usado aqui"),
    ("The site", "example.com é bom", "example.com é bom"),
    ("Hello {name}", "{name}, olá", "{name}, olá"),
    ("The shop", "eBay é bom", "eBay é bom"),
    ("Haus", "", ""),
    ("東京", "tokyo", "tokyo"),
    ("Fire", "ﬁm", "ﬁm"),
    ("On the train", "no-trem", "no-trem"),
    ("leite", "Milk", "milk"),
    ("acho que sim.", "I think so.", "I think so."),
    ("isso é bom, não é?", "It's good, isn't it?", "it's good, isn't it?"),
    ("a casa é da Ana", "A house of Ana's", "a house of Ana's"),
    ("português", "Portuguese", "Portuguese"),
    ("segunda-feira à noite", "Monday night", "Monday night"),
    ("joão chegou ontem de carro", "John came yesterday by car", "John came yesterday by car"),
    ("npm instala tudo de novo", "Npm installs all of it again", "npm installs all of it again"),
    ("usa o NASA todos os dias", "NASA is used every day", "NASA is used every day"),
    ("{nome}, olá", "Hello {nome}", "Hello {nome}"),
]
WHOLE = [
    ("azeite", "Olive Oil", "olive oil"),
    ("duas cebolas", "Two Onions", "two onions"),
    ("papel higiénico branco", "White Toilet Paper", "white toilet paper"),
    ("nova iorque", "New York", "New York"),
    ("o rio de janeiro é lindo", "Rio Is Beautiful", "rio Is Beautiful"),
]
"""What comes in one piece."""


@pytest.mark.parametrize(("source", "written", "expected"), [*CASES, *WHOLE])
def test_a_translation_begins_as_its_source_does(source: str, written: str, expected: str) -> None:
    assert with_capital(written, source) == expected


@pytest.mark.parametrize(
    ("lang", "written", "expected"),
    [
        ("tr", "istanbul güzel", "İstanbul güzel"),
        ("az", "iki nəfər", "İki nəfər"),
        ("nl", "ijs is koud", "IJs is koud"),
        ("el", "άνθρωποι εδώ", "Άνθρωποι εδώ"),
        ("ru", "это дом", "Это дом"),
        ("ka", "გამარჯობა მეგობარო", "გამარჯობა მეგობარო"),  # no sentence begins otherwise
        ("hi", "नमस्ते दोस्त", "नमस्ते दोस्त"),
        ("ar", "مرحبا بك", "مرحبا بك"),
    ],
)
def test_a_capital_is_that_of_the_language(lang: str, written: str, expected: str) -> None:
    assert with_capital(written, "Hello there", lang) == expected


@pytest.mark.parametrize(("source", "written", "expected"), CASES)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_stream_says_the_same_as_soon_as_it_is_certain(
    source: str, written: str, expected: str, size: int
) -> None:
    beginning, said = StreamedBeginning(source, "en", count_tokens), ""
    for at in range(0, len(written), size):
        new = written[at : at + size]
        said += new if said else beginning.feed(new)
    assert expected.startswith(said)
    if " " in expected:
        assert said == expected


@pytest.mark.parametrize(
    ("lang", "written"), [("de", "Haus am See"), ("tr", "Istanbul"), ("pt", "Natal"), ("en", "I")]
)
def test_what_a_language_writes_with_a_capital_keeps_it(lang: str, written: str) -> None:
    names = {"Istanbul"}
    edits = added_capitals(written, "abc", lang, lambda word: 1 + (word.title() in names and word.islower()))
    assert list(edits) == []


async def test_the_items_of_a_list_begin_as_they_were_sent() -> None:
    words = {"leite": "Milk", "Pão": "bread", "duas cebolas": "Two Onions", "FORMAÇÃO": "Training"}
    echo = Echo("pt", "en", words)
    result = await echo.translate("- leite\n- Pão\n- duas cebolas\n1. leite e duas cebolas.")
    assert result.text == "- milk\n- Bread\n- two onions\n1. milk e Two Onions."
