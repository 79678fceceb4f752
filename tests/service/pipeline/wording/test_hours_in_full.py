from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.hours_in_full import hour_in_target_form, with_hours_in_full
from tests.service.pipeline.echo import Echo


def read(text: str, source: str = "pt", target: str = "en") -> str:
    return with_hours_in_full(DerivedText.of(text), source, target, []).text


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("A reunião começa às 18h.", "A reunião começa às 18:00."),
        ("O jogo é às 18h30 no estádio.", "O jogo é às 18:30 no estádio."),
        ("Aberto das 9h às 18h, hoje até às 20 h", "Aberto das 9:00 às 18:00, hoje até às 20:00"),
        ("Sessões às 14h, 16h30 e 21H00.", "Sessões às 14:00, 16:30 e 21:00."),
        ("Horário: 9h30 - 18h; 8h–12h / 14h–17h", "Horário: 9:30 - 18:00; 8:00–12:00 / 14:00–17:00"),
        ("Partida 07h05, por volta das 20h15min.", "Partida 07:05, por volta das 20:15."),
        ("Fecha às 18 h 30 min.", "Fecha às 18:30."),
        (
            "Sáb., até 13h; desde 14h30, até 24h, até 15h depois",
            "Sáb., até 13:00; desde 14:30, até 24h, até 15h depois",
        ),
        ("Dia 3 – 9h30: Abertura; 11h15: Pausa", "Dia 3 – 9:30: Abertura; 11:15: Pausa"),
        ("São 3h da manhã e dura 3h.", "São 3:00 da manhã e dura 3h."),
        ("Aberto de 9h a 18h", "Aberto de 9:00 a 18:00"),
        ("14h20", "14:20"),
        ("Saída 14h05 / Chegada: 18h40 (Duração 14h05)", "Saída 14:05 / Chegada: 18:40 (Duração 14h05)"),
        ("Voo 12, 10h05, portão 3", "Voo 12, 10:05, portão 3"),
        ("ABERTO DAS 9H ÀS 18H", "ABERTO DAS 9:00 ÀS 18:00"),
    ],
)
def test_hours_are_read_as_most_languages_write_them(text: str, whole: str) -> None:
    assert read(text, "pt-BR", "de") == whole


@pytest.mark.parametrize(
    "text",
    [
        "Uma viagem de 2h30, um curso de 20h.",
        "Aberto 24h por dia, por 12h.",
        "Chega em 3h ou mais, de 2h a 3h, de 8h a 9h por dia.",
        "às 18hs, às 25h, às 9h75, às 18h:30",
        "das 10 horas",
    ],
)
def test_durations_and_what_is_no_hour_stay(text: str) -> None:
    assert read(text) == text


def test_other_languages_have_other_words() -> None:
    assert read("Ouvert de 9h à 18h, fermé dès 19h30", "fr") == "Ouvert de 9:00 à 18:00, fermé dès 19:30"
    assert read("Un trajet de 2h30", "fr") == "Un trajet de 2h30"
    assert read("Aberto ás 9h", "gl") == "Aberto ás 9:00"
    assert read("às 18h", "pt", "fr") == "às 18h"
    assert read("às 18h", "es", "en") == "às 18h"
    assert hour_in_target_form("18h30", "pt", "en") == "18:30"
    assert hour_in_target_form("18h30", "pt", "es") == "18h30"
    assert hour_in_target_form("1.250", "pt", "en") == "1.250"


def test_what_is_protected_stays() -> None:
    given = DerivedText.of("Ver `às 18h` e às 19h")
    assert with_hours_in_full(given, "pt", "en", [(4, 12)]).text == "Ver `às 18h` e às 19:00"


async def test_an_hour_that_a_model_gets_wrong_is_not_answered_as_it_was_sent() -> None:
    """It made `9:00 p.m.` of it; the stand-in is for the hour as the target writes it."""
    result = await Echo("pt", "en", {"9:00": "21:00"}).translate("A loja abre às 9 h e fecha às 19 h.")
    assert "às 9:00 e" in result.text


@given(st.text(st.sampled_from("às0129hH:,. -–3min"), max_size=40))
def test_the_figures_stay(text: str) -> None:
    assert [c for c in read(text) if c.isdigit()][:1] == [c for c in text if c.isdigit()][:1]
