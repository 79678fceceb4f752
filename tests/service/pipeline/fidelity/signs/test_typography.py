from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.fidelity.signs.prepare import prepare
from crosslate.service.pipeline.fidelity.signs.typography import typography_of
from crosslate.service.pipeline.markup.options import NO_OPTIONS
from crosslate.service.pipeline.markup.reading import markup_passages
from crosslate.service.pipeline.text.origin import DerivedText

_PLAIN = {
    **dict.fromkeys(map(ord, "‘’"), "'"),
    **dict.fromkeys(map(ord, "“”„"), '"'),
    **dict.fromkeys(map(ord, "–—−"), "-"),
    ord("…"): "...",
}


def _marked_up(sent: str, output: str) -> str:
    (passage,) = markup_passages(sent, "html", NO_OPTIONS)
    typography = typography_of(prepare(passage.text, _PLAIN), sent, passage.text)
    return output if typography is None else typography.restored(DerivedText.of(output)).text


def _answer(sent: str, output: str) -> str:
    source = prepare(DerivedText.of(sent), _PLAIN)
    typography = typography_of(source, sent)
    return output if typography is None else typography.restored(DerivedText.of(output)).text


@pytest.mark.parametrize(
    ("sent", "output", "expected"),
    [
        ("“I’m leaving,” she said.", '"Vou embora", disse ela.', "“Vou embora”, disse ela."),
        ("„Faust“ is long.", '"Fausto" é longo.', "„Fausto“ é longo."),
        ("”Hej”, sa han.", '"Olá", disse ele.', "”Olá”, disse ele."),
        ("‘It’s fine,’ he said.", '"Tudo bem", disse.', "‘Tudo bem’, disse."),
        ("“Did he say ‘never’?”", "\"Ele disse 'nunca'?\"", "“Ele disse ‘nunca’?”"),
        ("She said “he said ‘no’.”", "Disse \"ele disse 'não'\".", "Disse “ele disse ‘não’”."),
        ("“Não vens?”", '"Don\'t you come?"', "“Don’t you come?”"),
        ("She said: “It is late.", 'Disse: "É tarde.', "Disse: “É tarde."),
        ("Mr O’Brien’s dog", "O cão do Sr. O'Brien", "O cão do Sr. O’Brien"),
        ("rock ’n’ roll", "rock 'n' roll", "rock ’n’ roll"),
        ("It is – he said – late", "É -- disse -- tarde", "É – disse – tarde"),
        ("One — two", "Um - dois", "Um — dois"),
        ("She left—he stayed—again.", "Ela saiu - ele ficou - outra vez.", "Ela saiu—ele ficou—outra vez."),
        ("They — yes – left - now", "Eles - sim - foram - já", "Eles — sim – foram - já"),
        ("She left—he stayed – both", "Ela saiu - ele ficou - ambos", "Ela saiu—ele ficou – ambos"),
        ("Who is it?—Nobody.", "Quem é? - Ninguém.", "Quem é?—Ninguém."),
        ("It was −5 °C.", "Fazia -5 °C.", "Fazia −5 °C."),
        ("A well-known Paris–Rome train", "Um trem Paris-Roma bem-sabido", "Um trem Paris–Roma bem-sabido"),
        ("Open Friday 9am–noon", "Aberto sexta-feira 9h-noon", "Aberto sexta-feira 9h–noon"),
        ("The Lisbon–Porto train", "O trem Lisboa-Porto", "O trem Lisboa–Porto"),
        ("Preheat it for 25–30 min", "Pré-aqueça 25-30 min", "Pré-aqueça 25–30 min"),
        ("In 1914–1918 on 2024-05-01", "Em 1914-1918 a 2024-05-01", "Em 1914–1918 a 2024-05-01"),
        ('“One” and "two"', '"Um" e "dois"', '“Um” e "dois"'),
        ("One... two… three", "Um... dois... três", "Um... dois… três"),
        ("Wait… what?", "Espere... o quê?", "Espere… o quê?"),
        ("He said, “Hello,” and “bye”.", '他说："你好"和"再见"。', "他说：“你好”和“再见”。"),
        (
            "他说：“你好。”她说：“好。”",
            'He said: "Hello." She said: "Good."',
            "He said: “Hello.” She said: “Good.”",
        ),
        ("“你好”是什么意思", 'What does "hello" mean?', "What does “hello” mean?"),
    ],
)
def test_marks_come_back_as_they_were_written(sent: str, output: str, expected: str) -> None:
    assert _answer(sent, output) == expected


@pytest.mark.parametrize(
    ("sent", "output"),
    [
        ('"I\'m leaving" - now...', '"Vou embora" - já...'),
        ('“One” and "two"', '"Um" e dois'),
        ("One — two - three", "Um, dois - três"),
        ("One... two… three", "Um... dois, três"),
        ("Ação já", '"Action" - now'),
    ],
)
def test_plain_and_mixed_marks_stay_plain(sent: str, output: str) -> None:
    assert _answer(sent, output) == output


def test_a_dash_without_blanks_is_read_with_them() -> None:
    seen = prepare(DerivedText.of("Who?—He. “No,”—she—“is”, “—So?”"), _PLAIN).text
    assert seen == 'Who? - He. "No," - she - "is", "-So?"'
    read = prepare(DerivedText.of("She left—he stayed, 7–2…"), _PLAIN)
    assert read.text == "She left - he stayed, 7-2..."
    assert [read.origin.span((i, i + 1)) for i in (8, 9, 10, 11)] == [(8, 9)] * 3 + [(9, 10)]


@given(st.text(st.sampled_from("ab1 “”‘’—–…\"'-.")), st.text(st.sampled_from("ab1 \"'-.")))
def test_nothing_but_marks_changes(sent: str, output: str) -> None:
    words = str.maketrans("", "", "“”„‘’‚—–−…\"'-. ")
    assert _answer(sent, output).translate(words) == output.translate(words)


@given(st.text(st.sampled_from("ab “”—…")))
def test_what_is_copied_has_as_many_marks(sent: str) -> None:
    read = prepare(DerivedText.of(sent), _PLAIN)
    answer = _answer(sent, read.text)
    assert [answer.count(one) for one in "ab…"] == [sent.count(one) for one in "ab…"]
    assert sum(map(answer.count, "“”")) == sum(map(sent.count, "“”"))


@pytest.mark.parametrize(
    ("sent", "output", "expected"),
    [
        ("I&rsquo;m <b>late</b>&hellip;", "Don't...", "Don’t…"),
        ("<p>One &mdash; <i>two</i>&#8230;</p>", "Um - dois...", "Um — dois…"),
        ("2&ndash;3 <b>days</b>", "2-3 dias", "2–3 dias"),
        ("&ldquo;<b>Yes</b>,” he said.", '"Sim", disse ele.', "“Sim”, disse ele."),
        ("<a title='–'>One-two</a>", "Um-dois", "Um-dois"),
    ],
)
def test_marks_of_markup_are_those_that_a_reader_sees(sent: str, output: str, expected: str) -> None:
    assert _marked_up(sent, output) == expected
