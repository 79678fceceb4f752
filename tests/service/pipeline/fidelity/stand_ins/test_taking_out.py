from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected
from crosslate.service.pipeline.fidelity.stand_ins.masking import adjoined
from crosslate.service.pipeline.fidelity.stand_ins.taking_out import TakenOut, tag_pairs, without
from crosslate.service.pipeline.layout.restoring.restoring import Layout
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.words import segment_words


def _taken_out(text: str) -> TakenOut:
    """Everything that is protected, the tags around words as such."""
    protected = protected_spans(text)
    pairs = tag_pairs(text, protected)
    tags = {span for pair in pairs for span in (pair.opening, pair.closing)}

    def written(span: Span, kind: Kind) -> str:
        return text[slice(*span)]

    words = adjoined(text, (one for one in protected if one.span not in tags))
    return without(DerivedText.of(text), pairs, words, written)


def _copied(text: str) -> str:
    """What comes of a model that copies what it reads."""
    out = _taken_out(text)
    layout = Layout(wraps=tuple(out.wraps), extent=(0, len(text)))
    words = segment_words(out.text.text)
    links = [Link(word, word, 1.0) for word in words]
    answer, _ = layout.restored(DerivedText.of(out.text.text), out.text, links)
    return answer.text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Read the <b>terms</b> now", "Read the terms now"),
        ("Read<b>the</b>terms", "Read the terms"),
        ("<p> All <b>of <i>it</i></b> </p>", "All of it "),
        ("Open “{x}” or ({y})", "Open or"),
        ("{x} is here", "is here"),
        ("One<br/>two <br> three", "One two three"),
        ("Error: {x}.", "Error:."),
        ("{x}", ""),
        ("<b>{x}</b> one", "one"),
    ],
)
def test_what_a_model_reads(text: str, read: str) -> None:
    assert _taken_out(text).text.text == read


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("<0>a</0> <1>b</1>", ["<0>a</0>", "<1>b</1>"]),
        ("<0>a <1>b</1></0>", ["<0>a <1>b</1></0>", "<1>b</1>"]),
        ("<0></0> <1>{x}</1> <br/> a", []),
        ("<0>{x}one</0>", []),
        ("<0>a <1>b</0></1>", ["<1>b</0></1>"]),
        ("</0>a<0>", []),
        ("a &lt;b&gt; c", []),
    ],
)
def test_tags_with_words_between_them(text: str, pairs: list[str]) -> None:
    found = tag_pairs(text, protected_spans(text))
    assert [text[pair.opening[0] : pair.closing[1]] for pair in found] == pairs


@pytest.mark.parametrize(
    "text",
    [
        "See the <b>green</b> wood, {name}: it is <i>not <u>very</u></i> far.",
        "{a} saw ‘{b}’ and ({c}) in {d}.",
        "Error: {message}. <0>Try again</0>, or <1>write</1> to a@b.example",
        "A line <br/> and another",
        "<0>{x}one</0>",
    ],
)
def test_a_model_that_copies_gives_the_text_again(text: str) -> None:
    assert _copied(text) == text


@given(
    st.lists(st.sampled_from(["one", "two", "<b>", "</b>", "<0>", "</0>", "{x}", "%s", "<br/>", ",", " "]))
)
def test_whatever_is_taken_out_comes_back_once(parts: list[str]) -> None:
    text = "".join(parts)
    copied = _copied(text)
    for words in {text[slice(*one.span)] for one in protected_spans(text)}:
        assert copied.count(words) == text.count(words)
    assert sorted(re.findall(r"one|two", copied)) == sorted(re.findall(r"one|two", text))


def test_spans_move_with_the_text_and_those_taken_out_are_gone() -> None:
    text = "Open {x} now, {y}!"
    first, second = (Protected(one.span, one.kind) for one in protected_spans(text))
    out = without(DerivedText.of(text), [], [first], lambda span, kind: text[slice(*span)])
    (moved,) = out.moved([first, second])
    assert out.text.text[slice(*moved.span)] == "{y}"
