from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.text.words import segment_words
from tests.graphemes import CLUSTERS, inner_positions


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
        ("🏳️‍🌈 👨‍👩‍👧‍👦! 👍🏽ok ❤️,", ["🏳️‍🌈", "👨‍👩‍👧‍👦", "!", "👍🏽", "ok", "❤️", ","]),
        ("🇵🇹🇧🇷🇵🇹 👍🏽👍🏽 1️⃣. #️⃣", ["🇵🇹", "🇧🇷", "🇵🇹", "👍🏽👍🏽", "1️⃣", ".", "#️⃣"]),
        ("cafe\u0301, x—y", ["cafe\u0301", ",", "x", "—", "y"]),
        ("か\u3099き 각 क्षि।", ["か\u3099", "き", "각", "क्षि", "।"]),
        ("葛\U000e0100飾", ["葛\U000e0100", "飾"]),
        ("a.m.. U.S.A. (e.g.)", ["a.m.", ".", "U.S.A.", "(", "e.g.", ")"]),
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


MARKS_AND_CLUSTERS = "ab'’-.,!?—“”()中ペก5%$😀 \n\u0301\u200d\ufe0f🏽🇵🇹👩か\u3099\u1100\u1161क\u094dष1\u20e3"


@given(st.text(st.sampled_from(MARKS_AND_CLUSTERS)))
def test_words_are_in_order_without_blanks_and_leave_nothing_out(text: str) -> None:
    spans = segment_words(text)
    assert all(start < end for start, end in spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    assert "".join(text[start:end] for start, end in spans) == "".join(text.split())


@given(st.lists(st.sampled_from([*CLUSTERS, *"ab.,!—-中1'( \n"])).map("".join))
def test_no_word_is_cut_within_a_grapheme_cluster(text: str) -> None:
    edges = {edge for span in segment_words(text) for edge in span}
    for run in re.finditer(r"\S+", text):
        within = {run.start() + cut for cut in inner_positions(run.group())}
        assert not edges & within
