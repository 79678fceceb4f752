from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.stand_ins.counts import is_count
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
    ],
)
def test_placeholders_before_what_they_count(text: str, lang: str) -> None:
    assert is_count(text, protected_spans(text)[0], lang)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("{count} file", "en"),
        ("{name} notes it down", "en"),
        ("%s files", "en"),
        ("{0} likes this", "en"),
        ("Page {n}, please press", "en"),
        ("{count} Dateien", "de"),
        ("`count` files", "en"),
    ],
)
def test_others_are_read_as_names(text: str, lang: str) -> None:
    assert not is_count(text, protected_spans(text)[0], lang)


async def test_a_count_is_read_as_figures() -> None:
    echo = Echo("en", "pt", {"notes": "notas"})
    result = await echo.translate("Dear {name}, you have {count} notes of 971.")
    assert result.text == "Dear {name}, you have {count} notas of 971."
    assert echo.read == ["Dear X1, you have 972 notes of 971."]


async def test_a_count_that_is_lost_is_read_as_a_name() -> None:
    echo = Echo("en", "pt", {"971 notes": "notas"})
    result = await echo.translate("You have {count} notes.")
    assert result.text == "You have {count} notes."
    assert echo.read == ["You have 971 notes.", "You have %1 notes."]
