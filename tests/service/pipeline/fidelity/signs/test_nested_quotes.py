from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.signs.nested_quotes import nested_quotes
from crosslate.service.pipeline.text.origin import DerivedText

SOURCE = "He said: \"She told me 'never again' and I don't know.\""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('Disse: "Ela disse "nunca mais" e não sei."', "Disse: \"Ela disse 'nunca mais' e não sei.\""),
        ('Disse: "Ela disse "nunca mais"".', "Disse: \"Ela disse 'nunca mais'\"."),
        ('Disse: "Ela disse nunca mais."', 'Disse: "Ela disse nunca mais."'),
        ("Disse: \"Ela d'água 'nunca'.\"", "Disse: \"Ela d'água 'nunca'.\""),
    ],
)
def test_inner_marks_come_back(output: str, expected: str) -> None:
    quotes = nested_quotes(SOURCE)
    assert quotes is not None
    assert quotes.restored(DerivedText.of(output)).text == expected


def test_two_quotations_that_end_together_end_so_again() -> None:
    quotes = nested_quotes("She said, \"He told me 'never again'.\"")
    assert quotes is not None
    written = quotes.restored(DerivedText.of('Ela disse: "Ele me disse "nunca mais".'))
    assert written.text == "Ela disse: \"Ele me disse 'nunca mais'\"."


@pytest.mark.parametrize(
    "text", ['"No," he said.', 'The Smiths\' "house"', "'No'", '"It\'s me"', "'A \"b\" c'"]
)
def test_most_texts_have_none(text: str) -> None:
    assert nested_quotes(text) is None
