"""Headers and footers of printed sheets, as openpyxl and Excel write them."""

from __future__ import annotations

import pytest
from lxml import etree

from crosslate.service.documents.formats.spreadsheets.headers import HeaderFooter
from tests.service.documents.stand_in import in_capitals


def of(text: str) -> HeaderFooter:
    element = etree.Element("oddHeader")
    element.text = text
    return HeaderFooter(element, "Orders")


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("&LPage &P of &N", ['Page <x id="1" translate="no"/> of <x id="2" translate="no"/>']),
        ("&LOrders&C&A&RPrinted on &D", ["Orders", 'Printed on <x id="1" translate="no"/>']),
        ('&C&"Arial,Bold"&12Orders && prices', ["Orders & prices"]),
        ("&C&K0000FFBlue &Bbold&B words", ['Blue <x id="1"/>bold<x id="2"/> words']),
        ("&C&P+1", []),
    ],
)
def test_each_side_is_one_text(text: str, segments: list[str]) -> None:
    assert [one.text.replace("&amp;", "&") for one in of(text).segments] == segments


@pytest.mark.parametrize(
    "text", ["&LPage &P of &N&RA && B", '&L&"Arial,Bold"&12Orders&C&A&RPrinted on &D', "words &P+1 of &N"]
)
def test_codes_stay_at_their_places(text: str) -> None:
    header = of(text)
    header.put([in_capitals(one) for one in header.segments])
    assert header._element.text == text.upper().replace("ARIAL,BOLD", "Arial,Bold")


def test_a_number_is_no_part_of_the_size_before_it() -> None:
    header = of("&C&12Thirty days")
    header.put(["30 dias & noites"])
    assert header._element.text == "&C&12 30 dias && noites"
