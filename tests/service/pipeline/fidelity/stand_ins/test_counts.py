from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.stand_ins.counts import is_count
from crosslate.service.pipeline.fidelity.stand_ins.masking import adjoined
from tests.service.pipeline.echo import Echo


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("You have {count} unread messages.", "en"),
        ("%d files were deleted.", "en-GB"),
        ("%1$d new followers", "en"),
        ("{0, number, integer} notes", "en"),
        ("{unread_count} emails, ${n}", "en"),
        ("{{ total }} resultados", "pt"),
        ("%(num)d ficheiros apagados", "pt"),
        ("%s files", "en"),
        ("%1$s novas mensagens", "pt"),
        ("{0} selected items, {x} dias", "en"),
        ("{max_size} bytes", "en"),
        ("{points} points", "en"),
        ("{{count, number}} points, %n files", "en"),
        ("{{cart.items}} items", "en"),
        ("{{cart.items.length}} things", "en"),
        ("Delete :count files?", "en"),
        ("{minutes} min left", "en"),
    ],
)
def test_placeholders_before_what_they_count(text: str, lang: str) -> None:
    assert is_count(text, protected_spans(text)[0], lang)


def test_tags_around_a_count_are_none_of_it() -> None:
    for text in ("You have <b>{{count}}</b> items", '<a href="x"><b>%d</b></a> files', "<b>{0} items"):
        (found,) = adjoined(text, protected_spans(text))
        assert is_count(text, found, "en")
    (found,) = adjoined("<b>{name}</b> files", protected_spans("<b>{name}</b> files"))
    assert not is_count("<b>{name}</b> files", found, "en")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("{count} file", "en"),
        ("{name} notes it down", "en"),
        ("%s likes, {name} files", "en"),
        ("{0} likes this", "en"),
        ("Page {n}, please press", "en"),
        ("{count} Dateien", "de"),
        ("`count` files", "en"),
    ],
)
def test_others_are_read_as_names(text: str, lang: str) -> None:
    assert not is_count(text, protected_spans(text)[0], lang)


async def test_the_numeral_of_one_is_read_as_that() -> None:
    echo = Echo("en", "pt")
    text = "{n, plural, one {# note or # text} other {# notes}} here"
    assert (
        await echo.translate(text)
    ).text == "{n, plural, one {# note or # text here} other {# notes here}}"
    assert echo.read == ["1 note or X2 text here", "25 notes here"]


async def test_a_count_is_read_as_figures() -> None:
    echo = Echo("en", "pt", {"notes": "notas"})
    result = await echo.translate("Dear {name}, you have {count} notes of 25.")
    assert result.text == "Dear {name}, you have {count} notas of 25."
    assert echo.read == ["Dear X1, you have 26 notes of 25."]


async def test_a_count_that_is_lost_is_read_as_a_name() -> None:
    echo = Echo("en", "pt", {"25 notes": "notas"})
    result = await echo.translate("You have {count} notes.")
    assert result.text == "You have {count} notes."
    assert echo.read == ["You have 25 notes.", "You have %1 notes."]
