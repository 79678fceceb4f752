from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.words import segment_words


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in segment_words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world!", ["Hello", ",", "world", "!"]),
        (
            "Rock-and-roll isn't 3,5 in the U.S. now",
            ["Rock-and-roll", "isn't", "3,5", "in", "the", "U.S.", "now"],
        ),
        ('He said: "Yes (maybe)..."', ["He", "said", ":", '"', "Yes", "(", "maybe", ")", "...", '"']),
        ("wait—what -5 $5 50% C++ l'eau", ["wait", "—", "what", "-5", "$5", "50%", "C++", "l'eau"]),
        ("“don’t” Mr. Smith's", ["“", "don’t", "”", "Mr.", "Smith's"]),
        ("Bonjour ! Ça va ?", ["Bonjour", "!", "Ça", "va", "?"]),
        ("https://x.org/a?b=c, ok", ["https://x.org/a?b=c", ",", "ok"]),
        ("hi 😀!", ["hi", "😀", "!"]),
        ("你好，世界。", ["你", "好", "，", "世", "界", "。"]),
        ("これはペンです", ["こ", "れ", "は", "ペン", "で", "す"]),
        ("สวัสดี ครับ", ["สวัสดี", "ครับ"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_running_text(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "While children do n't know , they 're able to ' infect ' others .",
        "l' eau , c' est -à-dire ( H2O ) etc. .",
        "私 は コーヒー を 飲む 。",
        "Any society , rock-and-roll U.S. 3,5 % .",
    ],
)
def test_text_with_blanks_around_its_punctuation_keeps_its_tokens(text: str) -> None:
    assert words(text) == text.split()


@given(st.text(st.sampled_from("ab'’-.,!?—“”()中ペก5%$😀 \n")))
def test_words_are_in_order_without_blanks_and_leave_nothing_out(text: str) -> None:
    spans = segment_words(text)
    assert all(start < end for start, end in spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    assert "".join(text[start:end] for start, end in spans) == "".join(text.split())
