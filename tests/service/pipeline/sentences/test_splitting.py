from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crosslate.service.pipeline.sentences.splitting import (
    LINE,
    is_periodic,
    sentence_spans,
    split_overlong,
    split_text,
)
from tests.graphemes import CLUSTERS, inner_positions
from tests.service.pipeline.fakes import FakeTokenizer

LAYOUT = """  Hello Mr. Smith. How are you?  😀 Fine.

• First item
- Second: it's ok. Yes 👍
---
***
1. Intro to 3.5
"""


def pieces(text: str, *, split_sentences: bool = True, lang: str = "en") -> list[str]:
    return [text[a:b] for a, b in split_text(text, lang, split_sentences=split_sentences)]


def test_sentences_lines_bullets_and_emoji() -> None:
    assert pieces(LAYOUT) == [
        "Hello Mr. Smith.",
        "How are you?",
        "Fine.",
        "First item",
        "Second: it's ok.",
        "Yes",
        "1.",
        "Intro to 3.5",
    ]


def test_the_mark_of_a_note_is_no_part_of_what_it_stands_before() -> None:
    assert pieces("*Taxes apply. †Members only, from 5* on.\n- **Two of us, 3 * 4") == [
        "Taxes apply.",
        "Members only, from 5* on.",
        "Two of us, 3 * 4",
    ]


def test_without_sentence_splitting_a_line_is_one_piece() -> None:
    assert pieces("One. Two.\r\nThree. Four.", split_sentences=False) == ["One. Two.", "Three. Four."]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n\t",
        "---",
        "😀 👍",
        "• ",
        "...\n!!!",
        "1,250.50\t98.6%\r\n½",
        "00:00:04,000 --> 00:00:06,200",
    ],
)
def test_what_has_no_letter_is_no_piece(text: str) -> None:
    assert pieces(text) == []


@pytest.mark.parametrize("lang", ["zh", "ja", "zh-Hans", "xx", "pt-BR"])
def test_languages_without_rules_of_their_own(lang: str) -> None:
    assert pieces("你好。再见！Olá. Tudo bem?", lang=lang) == ["你好。", "再见！", "Olá.", "Tudo bem?"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ok 1️⃣", ["ok 1️⃣"]),
        ("I ❤️ it 👍🏽", ["I ❤️ it"]),
        ("👨‍👩‍👧‍👦 Family 🇵🇹", ["Family"]),
        ("😀\u0301x 😀\u0301", ["😀\u0301x 😀\u0301"]),
        ("a 1🏽 😀", ["a 1🏽"]),
    ],
)
def test_clusters_are_in_or_out_as_a_whole(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@given(st.lists(st.sampled_from([*CLUSTERS, *"ab.。!?—-中1 •\n"]), max_size=60).map("".join))
@settings(deadline=None)
def test_no_piece_nor_part_is_cut_within_a_grapheme_cluster(text: str) -> None:
    spans = split_text(text, "en")
    for start, end in list(spans):
        cuts = split_overlong(text[start:end], FakeTokenizer().tokenize_source, 12)
        spans += [(start + first, start + last) for first, last in cuts]
    edges = {edge for span in spans for edge in span}
    for run in re.finditer(r"\S+", text):
        assert not edges & {run.start() + cut for cut in inner_positions(run.group())}


def test_long_texts_are_read_as_short_ones_are() -> None:
    sentences = [f"Sentence {i} says “so much” (or so), Mr. Smith. " for i in range(300)]
    assert [len(sentence) for sentence in sentences] == [
        end - start for start, end in sentence_spans("".join(sentences), "en")
    ]


@given(st.lists(st.sampled_from(["你好。", "“a. ", "b ", "Mr. ", "。" * 9, "c" * 900, "! "]), max_size=12))
@settings(deadline=None)
def test_sentences_are_the_whole_text(parts: list[str]) -> None:
    text = "".join(parts) * 7
    spans = list(sentence_spans(text, "en"))
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)


@given(st.text(max_size=200))
@example("\x1b❶")
@settings(deadline=None)
def test_pieces_are_in_order_and_hold_every_letter(text: str) -> None:
    spans = split_text(text, "en")
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    between = [
        text[a:b]
        for a, b in zip([0, *(b for _, b in spans)], [*(a for a, _ in spans), len(text)], strict=True)
    ]
    assert not any(c.isalpha() for gap in between for c in gap)
    lines = [line for line in LINE.findall(text) if any(map(str.isalpha, line))]
    figures = "".join(text[a:b] for a, b in spans)
    assert [c for c in figures if c.isalnum()] == [c for line in lines for c in line if c.isalnum()]
    assert all(text[a:b] == text[a:b].strip() for a, b in spans)


def parts(text: str, max_tokens: int) -> list[str]:
    tokenizer = FakeTokenizer()
    return [text[a:b] for a, b in split_overlong(text, tokenizer.tokenize_source, max_tokens)]


def test_overlong_pieces_are_cut_after_clauses() -> None:
    text = "one two three four five, six seven eight nine ten"
    assert parts(text, 8) == ["one two three four five,", "six seven eight nine ten"]


def test_else_between_words() -> None:
    assert parts("one two three four five six", 4) == ["one two three", "four five six"]


def test_else_between_tokens_but_not_within_a_character() -> None:
    assert parts("e\u0301\u0301e\u0301", 4) == ["e\u0301\u0301", "e\u0301"]


@given(st.text(st.sampled_from("ab ,;中é\u0301-."), min_size=1, max_size=150), st.integers(2, 12))
@settings(deadline=None)
def test_parts_fit_and_nothing_but_blanks_is_lost(text: str, max_tokens: int) -> None:
    tokenizer = FakeTokenizer()
    spans = split_overlong(text, tokenizer.tokenize_source, max_tokens)
    assert all(len(tokenizer.encode_source(text[a:b])) <= max_tokens for a, b in spans)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


@pytest.mark.parametrize(("text", "expected"), [("a." * 40, True), ("a." * 40 + "a", True), ("a" * 64, True)])
def test_a_few_characters_again_and_again(text: str, expected: bool) -> None:
    assert is_periodic(text) is expected
    assert not is_periodic(text + "b")
    assert not is_periodic("a." * 10)
    assert not is_periodic("again and again " * 9)
