from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from loadtests.fidelity.items import FOLDER, Item, read_items
from loadtests.fidelity.rules import Answer, Case, check, other_texts


def kept(
    text: str,
    translation: str,
    rules: Mapping[str, Any],
    *,
    source_lang: str = "en",
    others: Mapping[str, str] | None = None,
    segments: list[tuple[int, int]] | None = None,
) -> dict[str, bool]:
    item = Item("x-1", "x", source_lang, "pt" if source_lang == "en" else "en", text, rules)
    answer = Answer(translation, segments or [])
    return {one.what: one.is_kept for one in check(Case(item, answer, others or {}))}


@pytest.mark.parametrize(
    ("translation", "is_kept"),
    [
        ("{n} de {n}", True),
        ("{n} de", False),
        ("{n} de {n} {n}", False),
        ("{N} de {n}", False),
    ],
)
def test_exact_is_as_often_as_in_the_source(translation: str, is_kept: bool) -> None:
    assert kept("{n} of {n}", translation, {"exact": ["{n}"]}) == {"{n}": is_kept}


def test_written_is_what_the_source_has_in_another_form() -> None:
    rules = {"written": ["18:30", "milk"]}
    assert kept("às 18h30, leite", "at 18:30, Milk", rules) == {"18:30": True, "milk": False}


def test_exact_is_a_word_of_its_own_where_it_is_words() -> None:
    assert kept("v2 and v2.1", "v2 e v2.1", {"exact": ["v2.1"]}) == {"v2.1": True}
    assert kept("B27", "AB27", {"exact": ["B27"]}) == {"B27": False}
    assert kept("B27", "B277", {"exact": ["B27"]}) == {"B27": False}


@pytest.mark.parametrize(
    ("source_lang", "number", "translation", "is_kept"),
    [
        ("en", "1,234.5", "são 1.234,5 kg", True),
        ("en", "1,234.5", "são 1 234,5 kg", True),
        ("en", "1,234.5", "são 1.234.5 kg", False),
        ("en", "3.5", "são 3,5", True),
        ("en", "3.5", "são 3.5", True),
        ("en", "3.125", "são 3.125", False),
        ("en", "23", "são 32", False),
        ("en", "3", "são três", True),
        ("en", "2", "são duas", True),
        ("en", "30", "são trinta", False),
        ("en", "2019", "em 2019 857.324 crianças", True),
        ("pt", "400,5", "marked 400.5", True),
        ("pt", "400,5", "marked 400,5", True),
        ("pt", "400,5", "marked 40.5", False),
        ("pt", "1.250", "paid 1,250", True),
        ("pt", "1.250", "paid 1.250", False),
        ("pt", "42,195", "ran 42,195", False),
    ],
)
def test_numbers_say_the_same(source_lang: str, number: str, translation: str, is_kept: bool) -> None:
    found = kept(f"x {number} y", translation, {"numbers": [number]}, source_lang=source_lang)
    assert found == {number: is_kept}


def test_each_number_is_there_as_often_as_it_is_wanted() -> None:
    assert kept("20 and 20", "20 e 20", {"numbers": ["20", "20"]}) == {"20": True}
    assert kept("20 and 20", "20 e 2", {"numbers": ["20", "20"]}) == {"20": False}


@pytest.mark.parametrize(
    ("source_lang", "amount", "translation", "is_kept"),
    [
        ("en", "£999", "custa £999.", True),
        ("en", "£999", "custa 999 £.", True),
        ("en", "£999", "custa 999 euros.", False),
        ("en", "£999", "custa £ 99.", False),
        ("en", "$5", "custa US$ 5", True),
        ("en", "€6", "custa US$ 6", False),
        ("en", "€1,250.00", "custa 1.250,00\u00a0€", True),
        ("en", "$5", "custa R$ 5", False),
        ("pt", "R$ 1.800", "costs R$1,800", True),
        ("pt", "R$ 1.800", "costs $1,800", False),
        ("pt", "12,50 €", "costs €12.50", True),
    ],
)
def test_amounts_keep_value_and_currency(
    source_lang: str, amount: str, translation: str, is_kept: bool
) -> None:
    found = kept(f"x {amount} y", translation, {"amounts": [amount]}, source_lang=source_lang)
    assert found == {amount: is_kept}


def test_digits_of_its_own() -> None:
    assert kept("½", "1 a 2", {"no_new_digits": True}) == {"no digits of its own": False}
    assert kept("12", "2, 1", {"no_new_digits": True}) == {"no digits of its own": True}


def test_layout_and_marks_before_lines() -> None:
    rules = {"layout": True, "line_starts": True}
    same, other = {"layout": True, "marks before lines": True}, {"layout": False, "marks before lines": False}
    assert kept("# A:\tb\r\n> - c  d", "# X:\ty\r\n> - z  w", rules) == same
    assert kept("# A:\tb\r\n> - c  d", "- X: y\n> z w", rules) == other


@pytest.mark.parametrize(
    ("translation", "expected"),
    [
        ("> um dois\n> três", (True, True)),
        ("> um\n> dois\n> três", (True, False)),
        ("> um\n> três", (False, True)),
    ],
)
def test_wrapped_prose_is_the_translation_of_the_whole(translation: str, expected: tuple[bool, bool]) -> None:
    found = kept("> one\n> two three", translation, {"joined": "whole"}, others={"whole": "um dois três"})
    assert tuple(found.values()) == expected


@pytest.mark.parametrize(
    ("translation", "expected"),
    [
        ("ESCREVA A a@b.pt", (True, True)),
        ("ESCREVA a a@b.pt", (False, True)),
        ("ESCREVER A a@b.pt", (True, False)),
    ],
)
def test_capitals_differ_from_the_sentence_in_case_only(
    translation: str, expected: tuple[bool, bool]
) -> None:
    rules = {"exact": ["a@b.pt"], "capitals": "plain"}
    found = kept("WRITE TO a@b.pt", translation, rules, others={"plain": "Escreva a a@b.pt"})
    assert (found["in capitals"], found["readable"]) == expected


def test_sentences_are_segments() -> None:
    found = kept(
        "No. 5 is. Ok.", "", {"sentences": ["No. 5 is.", "Ok."]}, segments=[(0, 3), (4, 9), (10, 13)]
    )
    assert found == {"No. 5 is.": False, "Ok.": True}


@pytest.mark.parametrize(
    ("source", "translation", "expected"),
    [
        ("Sign in", "Entrar", (True, True, True)),
        ("Cancel", "Cancelar Cancelar", (False, True, True)),
        ("No smoking", "Proibido fumar (em inglês)", (True, False, True)),
        ("Ok", "Muito bem então vamos a isso", (True, True, False)),
    ],
)
def test_short_sources(source: str, translation: str, expected: tuple[bool, ...]) -> None:
    assert tuple(kept(source, translation, {"short": True}).values()) == expected


def test_faults_of_the_set_are_named() -> None:
    with pytest.raises(ValueError, match=r"the text has no '\{n\}'"):
        kept("nothing", "nada", {"exact": ["{n}"]})
    with pytest.raises(ValueError, match="no rule 'exakt'"):
        kept("nothing", "nada", {"exakt": []})


def test_the_set_itself_can_be_checked() -> None:
    """A translation that is its source keeps everything but capitals that are compared with another text.

    And what the target language writes in another form.
    """
    items = read_items(FOLDER)
    assert len(items) > 400
    assert len({(item.source_lang, item.text) for item in items}) == len(items)
    for item in items:
        assert check(Case(item, Answer(item.text), dict.fromkeys(other_texts(item), ""))), item.id
    kinds = {"placeholders", "addresses", "names", "emoji", "signs"}
    exact = [item for item in items if item.kind in kinds and "written" not in item.rules]
    assert all(one.is_kept for item in exact for one in check(Case(item, Answer(item.text), {})))
