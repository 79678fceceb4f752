from __future__ import annotations

import pytest

from tests.service.pipeline.echo import Echo


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Where are you?<br>I looked for you.", ["Where are you?", "I looked for you."]),
        ("- Ready?<br />- Not yet.", ["Ready?", "Not yet."]),
        ("We leave now<br/>before they come", ["We leave now before they come"]),
        ("Dear all,<br>the office<br>is closed", ["Dear all,", "the office is closed"]),
        ("one of them<br><br>and another", ["one of them", "and another"]),
        ("Milk<BR>Bread<br><br>Eggs", ["Milk", "Bread", "Eggs"]),
        ("List:<br>one<br>two three", ["List:", "one two three"]),
        ("<br>Only this<br>", ["Only this"]),
        ("First line.<br>\nSecond line of it<br>\ngoes on", ["First line.", "Second line of it", "goes on"]),
        ("So <b>bold</b> is it", ["So bold is it"]),
    ],
)
async def test_tags_that_end_lines_part_sentences(text: str, read: list[str]) -> None:
    echo = Echo("en", "pt")
    result = await echo.translate(text)
    assert result.text == text
    assert echo.read == read


async def test_in_the_strings_of_data_too() -> None:
    text = '{"a": "First one.<br>Second one.", "b": "It goes<br/>on here."}'
    echo = Echo("en", "pt")
    assert (await echo.translate(text)).text == text
    assert echo.read[:2] == ["First one.", "Second one."]


async def test_a_tag_within_a_sentence_moves_with_its_words() -> None:
    echo = Echo("en", "pt", {"before they": "antes deles", "now": "agora"})
    result = await echo.translate("We leave now<br/>before they come")
    assert result.text == "We leave agora<br/>antes deles come"
    assert result.segments[0].source == (0, 33)
