from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.signs.sign_blanks import sign_blanks
from crosslate.service.pipeline.text.origin import DerivedText


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("N/A", "N / D", "N/D"),
        ("M/L and 20 km/h", "M /L e 20 km/ h", "M/L e 20 km/h"),
        ("yes/no", "sim/não", "sim/não"),
        ("R&B and drum & bass", "R & B e drum & bass", "R&B e drum & bass"),
        ("Q&A", "P & R", "P&R"),
        ("Press Ctrl+Shift+R", "Pressione Ctrl+Shift + R", "Pressione Ctrl+Shift+R"),
        (">100 tickets, <5 minutes", "> 100 bilhetes, < 5 minutos", ">100 bilhetes, <5 minutos"),
        ("<Mídia oculta>", "<Hidden Media >", "<Hidden Media>"),
        ("2710-000 Sintra", "2710 -000 Sintra", "2710-000 Sintra"),
        ("Seg 9h-17h", "Mon 9h - 17h", "Mon 9h-17h"),
        ("A F-16 - ou não", "The F - 16 - or not", "The F-16 - or not"),
        ("Frete grátis*", "Free shipping *", "Free shipping*"),
        ("Name (required)*", "Nome (obrigatório) *", "Nome (obrigatório)*"),
        ("Ômega-3", "Omega - 3", "Omega-3"),
        ("R$ 5 / dia", "R$ 5/day", "R$ 5 / day"),
        ("A Wi-Fi da Coca-Cola, bem-vinda", "The Wi - Fi of Coca - Cola - it", "The Wi-Fi of Coca-Cola - it"),
        ("E. coli O157:H7: mau", "E. coli O157: H7: bad", "E. coli O157:H7: bad"),
        ("at 3 (their time)", "às 3 ( hora deles )", "às 3 (hora deles)"),
    ],
)
def test_signs_have_the_blanks_of_the_source(source: str, output: str, expected: str) -> None:
    blanks = sign_blanks(source)
    assert blanks is not None
    assert blanks.restored(DerivedText.of(output)).text == expected


@pytest.mark.parametrize(
    "text", ["Sign in / Sign up, and/or", "C++ and x + y", "a well-known cat", "nothing"]
)
def test_nothing_is_done_where_signs_have_blanks_and_have_not(text: str) -> None:
    assert sign_blanks(text) is None
