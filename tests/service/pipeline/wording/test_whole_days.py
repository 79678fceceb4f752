from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.whole_days import with_whole_days
from tests.service.pipeline.echo import Echo


def read(text: str, lang: str) -> str:
    return with_whole_days(DerivedText.of(text), lang, []).text


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Open Mon-Fri 9am-5pm", "Open Monday to Friday 9am-5pm"),
        (
            "Mon–Fri: 08:00–18:00, Sat: 10:00–14:00, Sun: closed",
            "Monday to Friday: 08:00–18:00, Saturday: 10:00–14:00, Sunday: closed",
        ),
        ("Mon. to Fri. from 9 to 5", "Monday to Friday from 9 to 5"),
        ("Tue, Thu and Sat at 7 pm", "Tuesday, Thursday and Saturday at 7 pm"),
        ("Mon 9–5, Tue closed, Wed–Fri 10–6", "Monday 9–5, Tuesday closed, Wednesday to Friday 10–6"),
        ("We are closed on Sat. and Sun.", "We are closed on Saturday and Sunday."),
        ("Every Wed at noon, by Fri, Fri 9:30", "Every Wednesday at noon, by Friday, Friday 9:30"),
        ("It ships on Mon., Jan. 8th, or by Fri.", "It ships on Monday, January 8th, or by Friday."),
        ("Sat 12 Oct, Thu, 5 Sept 2024", "Saturday 12 October, Thursday, 5 September 2024"),
        (
            "Sales in Jan-Mar 2024, in Jan, Feb and Mar",
            "Sales in January to March 2024, in January, February and March",
        ),
        ("No bus on Dec 25 & Jan 1, Feb. 3rd", "No bus on December 25 & January 1, February 3rd"),
        ("Data Analyst (Jan 2021 – Present)", "Data Analyst (January 2021 – Present)"),
        ("On Sun, Mar 1 the sun shone", "On Sunday, March 1 the sun shone"),
        ("Mar 3.5, Jan 10:30, Dec 3/4, in Jan.", "Mar 3.5, Jan 10:30, Dec 3/4, in Jan."),
        ("OPEN MON-FRI, SUN: CLOSED", "OPEN MONDAY TO FRIDAY, SUNDAY: CLOSED"),
        ("Open MON-FRI", "Open Monday to Friday"),
        ("From Mon 8am to Sun at 6:30 pm", "From Monday 8am to Sunday at 6:30 pm"),
        ("Open Fri 9-5, closed Sun.", "Open Friday 9-5, closed Sunday."),
        ("The Sun at noon, closed in May", "The Sun at noon, closed in May"),
        ("SAT 10-2", "SATURDAY 10-2"),
        ("OPEN HOUSE SUN 2-4PM", "OPEN HOUSE SUNDAY 2-4PM"),
        ("SUN CLOSED", "SUNDAY CLOSED"),
        ("Sat: 9am - 2pm, Sun closed", "Saturday: 9am - 2pm, Sunday closed"),
        ("SUN 10", "SUN 10"),
    ],
)
def test_short_days_of_english_are_read_in_full(text: str, whole: str) -> None:
    assert read(text, "en-GB") == whole


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (
            "Seg. às 8h e qui., às 14h30; espere 30 seg. às 8h, vou ter às 9h",
            "Segunda às 8h e quinta, às 14h30; espere 30 seg. às 8h, vou ter às 9h",
        ),
        ("Aberto de seg. a sex. das 9h às 18h", "Aberto de segunda a sexta das 9h às 18h"),
        (
            "Seg-Sex: 08:00–18:00, Sáb: 10:00–14:00, Dom: fechado",
            "Segunda a sexta: 08:00–18:00, sábado: 10:00–14:00, domingo: fechado",
        ),
        ("SÁB 10-14", "SÁBADO 10-14"),
        ("Ter 15h, Qui 17h", "Terça 15h, quinta 17h"),
        ("Segunda–sexta 9h–18h", "Segunda a sexta 9h–18h"),
        ("Seg 9h-12h. Qua fechado.", "Segunda 9h-12h. Quarta fechado."),
        ("Ter 2-3 filhos é bom. Ter 2-3, sim.", "Ter 2-3 filhos é bom. Terça 2-3, sim."),
        ("DOM FECHADO", "DOMINGO FECHADO"),
        ("Ter, Qui e Sáb às 19h", "Terça, quinta e sábado às 19h"),
        ("Fechado aos sáb. e dom.", "Fechado aos sábado e domingo."),
        ("Sábado e dom., todo sáb", "Sábado e domingo, todo sábado"),
        ("2ª a 6ª feira; 2ª-feira e 4ª-feira", "segunda a sexta; segunda e quarta"),
        ("Reunião seg 3 fev, sex 03/02", "Reunião segunda 3 fev, sexta 03/02"),
        ("jan-mar 2024; fev e abr de 2023", "janeiro a março 2024; fevereiro e abril de 2023"),
        ("Em ter., 3 de mar. de 2026 às 10:12", "Em terça, 3 de março de 2026 às 10:12"),
        ("Analista (jan. 2021 – set 2024)", "Analista (janeiro 2021 – setembro 2024)"),
        ("2.ª a 6.ª feira. A 2.ª edição", "segunda a sexta. A 2.ª edição"),
        ("seg.–qui. 9h–17h, sex. 9h–12h", "segunda a quinta 9h–17h, sexta 9h–12h"),
        ("Abre às 10 de set. e fecha a 5 de out.", "Abre às 10 de setembro e fecha a 5 de outubro."),
        ("Em 3 de mar. vai ter 3 filhos, sex. 9h", "Em 3 de março vai ter 3 filhos, sexta 9h"),
        ("O mar 3 vezes, 10 de out", "O mar 3 vezes, 10 de outubro"),
        ("SEG A SEX: 9H, DOM: FECHADO", "SEGUNDA A SEXTA: 9H, DOMINGO: FECHADO"),
    ],
)
def test_short_days_of_portuguese_are_read_in_full(text: str, whole: str) -> None:
    assert read(text, "pt-BR") == whole


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The cat sat on the mat. Sat 3 hours, and the Sun shone.", "en"),
        ("Sun Microsystems, Sun: 4.6 billion years, the Moon and the Sun", "en"),
        ("Jan and Mar came. Mon Dieu! log_Mon-Fri.txt, a/Mon-Fri", "en"),
        ("Monday to Friday, Saturday-Sunday", "en"),
        ("Ter e ser, ter 3 filhos, o dom da vida, Dom Pedro e Dom João", "pt"),
        ("O mar e o set, 5 seg. e 3 min, a 2ª e a 3ª vez, na 2ª e 3ª séries", "pt"),
        ("Mon-Fri", "de"),
    ],
)
def test_what_may_be_another_word_is_read_as_it_is(text: str, lang: str) -> None:
    assert read(text, lang) == text


def test_what_is_protected_stays() -> None:
    assert (
        with_whole_days(DerivedText.of("Mon-Fri, Sat-Sun"), "en", [(0, 7)]).text
        == "Mon-Fri, Saturday to Sunday"
    )


async def test_what_is_protected_is_found_where_it_has_moved_to() -> None:
    """Also where as much was left out as was put in, so that all is as long as before."""
    echo = Echo("en", "pt")
    await echo.translate("Wow!!!! Please write {name} on Mon 3 Feb, as we said before.")
    assert echo.read[-1] == "Please write X1 on Monday 3 February, as we said before."


@given(
    st.lists(
        st.sampled_from(
            ["Mon", "Sun", "MON", "-", ", ", " and ", ". ", ": ", " 3 ", "Mar", "x", "seg", " a ", "2ª"]
        )
    )
)
def test_words_lead_to_where_they_stood(pieces: list[str]) -> None:
    text = "".join(pieces)
    for lang in ("en", "pt"):
        derived = with_whole_days(DerivedText.of(text), lang, [])
        starts = list(derived.origin.starts)
        assert starts == sorted(starts)
        assert len(starts) == len(derived.text) + 1
        assert derived.origin.span((0, len(derived.text))) == (0, len(text))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("enviar (até sex.)", "enviar (até sexta)"),
        ("Volto na seg. de manhã, na qui. e na dom.", "Volto na segunda de manhã, na quinta e na domingo."),
        ("Fica para a próxima ter. Obrigado.", "Fica para a próxima terça. Obrigado."),
        ("na seg. linha, até ter. sido, em dom. João, qua. e", None),
    ],
)
def test_behind_a_preposition_a_short_form_with_its_full_stop_is_a_day(text: str, whole: str | None) -> None:
    assert read(text, "pt") == (text if whole is None else whole)
