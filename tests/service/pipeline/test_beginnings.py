from __future__ import annotations

import pytest

from crosslate.service.pipeline.beginnings import StreamedBeginning, missing_capital


def with_capital(written: str, source: str, lang: str = "en") -> str:
    edit = missing_capital(written, source, lang)
    if edit is None:
        return written
    (start, end), word = edit
    return written[:start] + word + written[end:]


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
]


@pytest.mark.parametrize(("source", "written", "expected"), CASES)
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
    beginning, said = StreamedBeginning(source, "en"), ""
    for at in range(0, len(written), size):
        new = written[at : at + size]
        said += new if said else beginning.feed(new)
    assert expected.startswith(said)
    if " " in expected:
        assert said == expected
