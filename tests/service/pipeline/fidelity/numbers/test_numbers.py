from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.fidelity.numbers.number_difference import difference
from crosslate.service.pipeline.fidelity.numbers.number_forms import (
    RewrittenNumbers,
    in_target_form,
    rewritten_numbers,
)
from crosslate.service.pipeline.fidelity.numbers.numbers import numbers
from crosslate.service.pipeline.text.origin import DerivedText


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("It cost 1,250.00 in 1987.", "Custou 1.250,00 em 1987."),
        ("-3.5 degrees at 10:30", "-3,5 graus às 10h30"),
        ("3 cats and 1 dog", "três gatos e um cão"),
        ("two cats", "2 gatos"),
        ("at 3 p.m.", "às 15h"),
        ("before 5 p.m.", "antes das 17:00"),
        ("from 9:00", "das 9h"),
        ("the 1990s", "os anos 90"),
        ("60,000,000 people", "60 milhões de pessoas"),
        ("1.5 million", "1,5 milhão"),
        ("version 3.5.1", "versão 3.5.1"),
        ("the 3rd of May at 07:05", "o terceiro de maio às 7:05"),
        ("the 18th century", "o século XVIII"),
        ("the 19th and 20th centuries", "os séculos XIX e XX"),
        ("a 5th-century temple, the 1st of its kind", "um templo do século V, o primeiro do género"),
        ("Chapter 4", "Capítulo IV"),
        ("12 of 40 in 1987", "12 de 40 em 1987"),
        ("1\u202f000 km", "1.000 km"),
        ("no figures", "sem algarismos"),
    ],
)
def test_forms_of_the_target_language_are_the_same_number(source: str, target: str) -> None:
    assert not difference(source, "en", target, "pt")
    assert not difference(target, "pt", source, "en")


@pytest.mark.parametrize(
    ("source", "target", "missing", "added"),
    [
        ("400,5 mSv", "40.5 mSv", ["400,5"], ["40.5"]),
        ("1.250 km", "1.250 km", ["1.250"], ["1.250"]),
        ("em 1974", "in 1947", ["1974"], ["1947"]),
        ("12,50 e 12,50", "12.50", ["12,50"], []),
        ("sem algarismos", "in 2020", [], ["2020"]),
        ("no século XVIII", "in the 19th century", [], ["19"]),
        ("5 pontos", "point V of the list", ["5"], []),
        ("1 000 km", "1 of 000 km", ["1 000"], ["1", "000"]),
        ("40 anos", "XL years", ["40"], []),
    ],
)
def test_a_number_that_says_something_else_differs(
    source: str, target: str, missing: list[str], added: list[str]
) -> None:
    found = difference(source, "pt", target, "en")
    assert [one.text for one in found.missing] == missing
    assert [one.text for one in found.added] == added


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("€1,250.00", "en", "pt", "€1.250,00"),
        ("£4.500", "pt", "en", "£4,500"),
        ("₹1,50,000", "en", "pt", "₹150.000"),
        ("8.5/10, 3.8/4.0", "en", "pt", "8,5/10, 3,8/4,0"),
        ("8.5/10/24 HTTP/1.1 f/1.8", "en", "pt", "8.5/10/24 HTTP/1.1 f/1.8"),
        ("12,34,567.5", "en", "pt", "1.234.567,5"),
        ("-3.5", "en", "pt", "-3,5"),
        ("10 × 15,5", "pt", "en", "10 × 15.5"),
        ("12:30.5", "en", "pt", "12:30.5"),
        ("3.5.1", "en", "pt", "3.5.1"),
        ("1,250.00", "en", "ja", "1,250.00"),
        ("1,250.00", "en", "xx", "1,250.00"),
    ],
)
def test_an_amount_gets_the_separators_of_the_target(
    text: str, source: str, target: str, expected: str
) -> None:
    assert in_target_form(text, source, target) == expected


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_what_is_written_for_the_target_says_the_same(whole: int, cents: int) -> None:
    text = f"{whole:,}.{cents:02}"
    assert not difference(text, "en", in_target_form(text, "en", "pt"), "pt")


@given(st.text(alphabet="0123456789.,: \xa0-/a", max_size=60))
def test_any_text_has_the_numbers_of_itself(text: str) -> None:
    assert not difference(text, "en", text, "en")
    assert "".join(one.digits for one in numbers(text, "en")) == "".join(filter(str.isdigit, text))


def test_a_very_long_number_is_one() -> None:
    digits = "7" * 10_000
    assert not difference(digits, "en", digits, "pt")
    assert difference(digits, "en", digits[1:], "pt")


@pytest.mark.parametrize(
    ("source", "output", "is_same"),
    [
        ("Às 9h15 na sala", "At 9:15 p.m. in the room", False),
        ("Às 11h20 na sala", "At 11.20 p.m. in the room", False),
        ("Às 11h20 na sala", "At 11.20 a.m. in the room", True),
        ("Às 9h15 da noite", "At 9:15 p.m.", True),
        ("Às 9h15 na sala", "At 9:15 a.m.", True),
        ("Às 21h15", "At 9:15 p.m.", True),
        ("Tem 9 anos", "He is 9", True),
        ("Das 17:30 à noite", "From 5:30pm", True),
    ],
)
def test_an_hour_is_before_or_after_noon(source: str, output: str, *, is_same: bool) -> None:
    assert bool(difference(source, "pt", output, "en")) is not is_same


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("Population: 1,234,567 or 3.4%", "População: 1,234,567 ou 3.4%", "População: 1.234.567 ou 3,4%"),
        ("See Table 2.1: 1'250.5 g", "Ver Tabela 2,1: 1'250.5 g", "Ver Tabela 2.1: 1.250,5 g"),
        ("On page 2.5 of Fig. 2.1", "Na página 2.5 da Fig. 2.1", "Na página 2.5 da Fig. 2.1"),
        ("Clauses 7.1 to 7.4, sections 2.1, 2.3 and 4.2", "2,1 2,3 4,2 7,1 a 7,4", "2.1 2.3 4.2 7.1 a 7.4"),
        ("By Theorem 2.1 and Eq. 3.4", "Pelo Teorema 2,1 e Eq. 3,4", "Pelo Teorema 2.1 e Eq. 3.4"),
        ("It is 1,250 or 1.250", "É 1.250 ou 1,250", "É 1.250 ou 1,250"),
        ("On 12.05.2024 at 10:30.5", "A 12.05.2024 às 10:30.5", "A 12.05.2024 às 10:30.5"),
        ("It costs 5", "Custa 5.5", "Custa 5.5"),
        ("From $9.99/mo, € 2.50", "Desde $9.99/mo, € 2.50", "Desde $9,99/mo, € 2,50"),
        ("At 2.5/7 and 2.5", "A 2.5/7 e 2.5", "A 2.5/7 e 2.5"),
        # With the wrong ones of both languages.
        ("It sold 1,234,567 of 2,345,678", "Vendeu 1,234.567 de 2.345,678", "Vendeu 1.234.567 de 2.345.678"),
        (
            "It sold 1,234,567 on 2024,06.01",
            "Vendeu 1.234.567 em 2024,06.01",
            "Vendeu 1.234.567 em 2024,06.01",
        ),
    ],
)
def test_numbers_that_were_copied_get_the_separators_of_the_target(
    source: str, output: str, expected: str
) -> None:
    rewritten = RewrittenNumbers(rewritten_numbers(source, "en", "pt"), "pt")
    assert rewritten.restored(DerivedText.of(output)).text == expected


def test_a_number_that_stands_there_in_both_forms_gets_those_of_the_target() -> None:
    source = "Values: 1,234,567.89, 1.234.567,89"
    rewritten = RewrittenNumbers(rewritten_numbers(source, "en", "pt"), "pt", source)
    written = rewritten.restored(DerivedText.of("Valores: 1,234,567.89, 1.234.567,89")).text
    assert written == "Valores: 1.234.567,89, 1.234.567,89"
