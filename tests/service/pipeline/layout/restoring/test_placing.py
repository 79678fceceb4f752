from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.layout.plain.plain import plain_passages
from crosslate.service.pipeline.layout.restoring.restoring import layout_of
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage


def read(text: str) -> Passage:
    (passage,) = plain_passages(text, "en", "join", len)
    return passage


def restored(passage: Passage, translation: str) -> DerivedText:
    source = passage.text.part(0, len(passage.text.text))
    layout = layout_of(passage, source.span)
    found, guessed = layout.restored(DerivedText.of(translation), source, [])
    assert not guessed
    return found


def laid_out(text: str, translation: str) -> str:
    passage = read(text)
    return restored(passage, translation).text


@pytest.mark.parametrize(
    ("text", "translation", "expected"),
    [
        (
            "> The little boy gets up early and\n> runs away into\n> the deep forest.",
            "O menino levanta-se cedo e foge para a floresta profunda.",
            "O menino levanta-se cedo e\n> foge para a\n> floresta profunda.",
        ),
        ("The box weighs 20\xa0kg today.", "A caixa pesa hoje 20 kg.", "A caixa pesa hoje 20\xa0kg."),
        ("Every  blank\r\nstays", "Cada branco fica", "Cada  branco\r\nfica"),
        ("one\ntwo\nthree", "Um", "Um\n\n"),
        ("one  two", "Um", "Um"),
        ("one\ntwo\nthree", "一个。两个", "一\n个。\n两个"),
    ],
)
def test_gaps_stand_at_the_corresponding_places(text: str, translation: str, expected: str) -> None:
    assert laid_out(text, translation) == expected


@given(
    st.lists(st.text("abcd", min_size=1, max_size=9), min_size=1, max_size=30),
    st.lists(st.text("abcd", min_size=1, max_size=9), min_size=30, max_size=40),
    st.data(),
)
def test_each_line_end_is_there_once_and_every_character_leads_back(
    words: list[str], others: list[str], data: st.DataObject
) -> None:
    blanks = data.draw(
        st.lists(st.sampled_from([" ", "\n", "\r\n", "  "]), min_size=len(words), max_size=len(words))
    )
    text = "".join(a + b for a, b in zip(words, [*blanks[1:], ""], strict=True))
    passage = read(text)
    translation = " ".join(others)
    found = restored(passage, translation)
    assert [blank for blank in blanks[1:] if blank != " "] == re.findall(r"\r?\n|  ", found.text)
    assert found.text.split() == others
    for at, character in enumerate(found.text):
        if character.isalpha():
            start, end = found.origin.span((at, at + 1))
            assert translation[start:end] == character


def test_order_is_kept_where_words_change_places() -> None:
    text = "1\xa0kg and\n2\xa0kg"
    assert laid_out(text, "2 kg and 1 kg") == "2\xa0kg and\n1\xa0kg"
