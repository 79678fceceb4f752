from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.numbers.lone_amounts import lone_amounts
from crosslate.service.pipeline.markup.options import MarkupOptions
from tests.service.pipeline.fakes import FakeEngine, reversed_words
from tests.service.pipeline.helpers import make_translator, request


def written(text: str, source: str, target: str) -> str:
    return lone_amounts(text, source, target).copied(text, 0, len(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$1,299.99", "$1.299,99"),
        ("| Tea | $4.50 | -3.5% |", "| Tea | $4,50 | -3,5% |"),
        ("Tea\t€3.75–€4.25\t(2.5%)\n", "Tea\t€3,75–€4,25\t(2,5%)\n"),
        ("Total      $22.98", "Total      $22,98"),
        ("Tea ..... $4.50\nTea____$4.50", "Tea ..... $4,50\nTea____$4,50"),
        ("Total\n1,250.50", "Total\n1.250,50"),
        ("Tea,$4.50\na = $4.50\n4.50\n1.2.3\n2024\n1,250", "Tea,$4.50\na = $4.50\n4.50\n1.2.3\n2024\n1,250"),
        ("It is $4.50 | now", "It is $4.50 | now"),
    ],
)
def test_amounts_that_are_all_of_a_cell_are_written_as_the_target_does(text: str, expected: str) -> None:
    assert written(text, "en", "pt") == expected
    assert written(text, "en", "ja") == text


def test_hours_are_too() -> None:
    assert written("Partida\t06h05", "pt", "en") == "Partida\t06:05"
    assert written("Partida\t06h05", "pt", "fr") == "Partida\t06h05"


async def test_so_are_those_of_cells_of_pages() -> None:
    text = (
        "<td>big dog</td><td>1,250.50</td><td><b>$4.50</b></td><td>&nbsp;€4.50</td><td>4.5</td>"
        '<td translate="no">$4.50</td><script>$4.50</script><p>$4.50 <a>$5.50</a></p>'
    )
    expected = (
        "<td>dog big</td><td>1.250,50</td><td><b>$4,50</b></td><td>&nbsp;€4,50</td><td>4.5</td>"
        '<td translate="no">$4.50</td><script>$4.50</script><p>$4.50 <a>$5.50</a></p>'
    )
    translator = make_translator(FakeEngine(reversed_words))
    page = request(text, source_lang="en", target_lang="pt", text_format="html")
    assert (await translator.translate(page)).text == expected
    data = request("<a>$4.50</a>", source_lang="en", target_lang="pt", text_format="xml")
    assert (await translator.translate(data)).text == "<a>$4.50</a>"


async def test_they_stand_beside_attributes_that_are_translated() -> None:
    text = '<td title="big dog">$4.50</td><td>one two</td>'
    markup = MarkupOptions(attributes=frozenset({"title"}))
    page = request(text, source_lang="en", target_lang="pt", text_format="html", markup=markup)
    translated = await make_translator(FakeEngine(reversed_words)).translate(page)
    assert translated.text == '<td title="dog big">$4,50</td><td>two one</td>'


async def test_they_are_in_the_answer() -> None:
    translator = make_translator(FakeEngine(reversed_words))
    text = "big dog\t$4.50"
    asked = request(text, source_lang="en", target_lang="pt")
    assert (await translator.translate(asked)).text == "dog big\t$4,50"
    kept = request(text, source_lang="en", target_lang="pt", protect=("dog",))
    assert (await translator.translate(kept)).text == "dog big\t$4.50"
