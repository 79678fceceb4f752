from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.degeneration.faults import (
    Cycle,
    Fault,
    cycles,
    is_copy,
    is_loop,
    length_fault,
)


class Words:
    """Ids of words, in the order of their appearance."""

    def __init__(self) -> None:
        self._words: list[str] = []

    def encode(self, text: str) -> list[int]:
        words = text.split()
        self._words += [word for word in dict.fromkeys(words) if word not in self._words]
        return [self._words.index(word) for word in words]

    def decode(self, ids: list[int]) -> str:
        return " ".join(self._words[i] for i in ids)


def loops(source: str, output: str) -> bool:
    words = Words()
    return is_loop(words.encode(output), words.decode, words.encode(source), source)


@pytest.mark.parametrize(
    ("source", "output"),
    [
        # What the starter models make of texts in a language that is none of theirs.
        ("Тест на русском языке для проверки модели.", "- - " + ", " * 105),
        ("这是一个测试句子。", "O" + " s" * 110),
        ("and and and and and and and", "and " * 61),
        ("The man went home.", "o homem foi para " * 3),
        ("I am very tired today.", "estou muito muito muito muito cansado hoje"),
        ("It is 5 p.m.", "é 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0"),
    ],
)
def test_loops_are_found(source: str, output: str) -> None:
    assert loops(source, output)


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("No no no no no no no no.", "Não não não não não não não não não não não ."),
        ("very " * 12 + "good", "muito " * 17 + "bom"),
        ("Yeah, yeah, yeah, yeah, yeah!", "Sim, sim, sim, sim, sim!"),
        ("Well, well.", "Bem, bem, bem."),
        ("one trillion", "1 . 000 . 000 . 000 . 000"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "a a a a a a a a a a a a a a a a a a a a a a a a a a a a"),
        ("..........", ". " * 15),
        ("the cat sat on the mat and the dog sat on the cat", "o gato no tapete e o cão no gato"),
        ("", ""),
    ],
)
def test_what_the_source_repeats_may_be_repeated(source: str, output: str) -> None:
    assert not loops(source, output)


@given(
    st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("xyz"), min_size=1, max_size=12)
)
def test_a_phrase_said_eight_times_is_a_loop(start: list[str], phrase: list[str]) -> None:
    assert loops("Nothing of the kind.", " ".join([*start, *phrase * 8, "end"]))


@given(st.lists(st.sampled_from("ab.1"), max_size=80))
def test_a_copy_of_the_source_is_no_loop(words: list[str]) -> None:
    assert not loops(" ".join(words), " ".join(words))


@given(st.lists(st.integers(0, 3), max_size=40))
def test_cycles_are_runs_of_equal_parts(items: list[int]) -> None:
    found = {cycle.period: cycle for cycle in cycles(items)}
    for period in range(1, len(items) // 3 + 1):
        most = max(
            (repeats_at(items, start, period) for start in range(len(items) - period + 1)),
            default=0,
        )
        assert (found[period].repeats if period in found else 0) == (most if most >= 3 else 0)
        if period in found:
            assert repeats_at(items, found[period].start, period) == most


def repeats_at(items: list[int], start: int, period: int) -> int:
    part = items[start : start + period]
    repeats = 0
    while items[start + repeats * period : start + (repeats + 1) * period] == part:
        repeats += 1
    return repeats


def test_a_cycle_says_where_it_is() -> None:
    assert Cycle(1, 2, 3) in list(cycles([9, 1, 2, 1, 2, 1, 2, 8]))


@pytest.mark.parametrize(
    ("source", "output"),
    [
        (
            "Please read the manual before you use the device.",
            "please read the manual before you use the  device",
        ),
        ("Bonjour tout le monde, je suis content.", "Bonjour tout le monde, je suis content."),
        (
            "KEEP THE DOOR CLOSED WHILE THIS MACHINE RUNS",
            "KEEP THE DOOR CLOSED WHILE THIS MACHINE RUNS",
        ),
        ("这是一个测试句子，请翻译。", "这是一个测试句子，请翻译。"),
        ("Это предложение осталось без перевода.", "Это предложение осталось без перевода."),
    ],
)
def test_copies_are_found(source: str, output: str) -> None:
    assert is_copy(source, output)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OK",
        "read me first",
        "Maria de Souza e Silva",
        "Jean-Luc Picard, Kathryn Janeway, Benjamin Sisko, Jonathan Archer",
        "Terms Of Service And Privacy Policy",
        "https://example.com/a/b/c?d=e&f=please-read-this-before-use",
        "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
        "10 20 30 40 50 60 70 80 90",
        "select_from_where user_id order_by created_at limit_to",
        "me@example.com you@example.com them@example.com us@example.com we@example.com",
        "test test test test test test test",
        "NATO UNESCO WHO",
        "東京大学",
    ],
)
def test_what_needs_no_translation_may_be_copied(text: str) -> None:
    assert not is_copy(text, text)


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("The black cat sleeps on the mat.", "O gato preto dorme no tapete."),
        ("The animal is in the central hospital of Lisboa.", "O animal está no hospital central de Lisboa."),
        ("We use Python, Rust and Java at work.", "Usamos Python, Rust e Java no trabalho."),
    ],
)
def test_translations_are_no_copies(source: str, output: str) -> None:
    assert not is_copy(source, output)
    assert not is_copy(source, "")


@pytest.mark.parametrize(
    ("num_source", "num_output", "fault"),
    [
        (30, 36, None),
        (30, 21, None),
        (2, 25, None),
        (12, 2, None),
        (16, 130, Fault.TOO_LONG),
        (3, 112, Fault.TOO_LONG),
        (60, 8, Fault.TOO_SHORT),
    ],
)
def test_lengths(num_source: int, num_output: int, fault: Fault | None) -> None:
    assert length_fault(num_source, num_output) is fault


@given(st.integers(1, 200), st.integers(1, 200))
def test_ordinary_lengths_are_never_at_fault(num_source: int, num_output: int) -> None:
    if num_source / 5 <= num_output <= num_source * 5:
        assert length_fault(num_source, num_output) is None
