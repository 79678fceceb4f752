from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.http.dialects.azure.dictionary import MarkedText
from crosslate.service.http.dialects.azure.positions import length, lengths, projection
from crosslate.service.pipeline.links import Link

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<>"), max_size=12)


def tagged(phrase: str, translation: str) -> str:
    return f'<mstrans:dictionary translation="{html.escape(translation)}">{phrase}</mstrans:dictionary>'


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=3), TEXT)
def test_the_tags_are_taken_out_and_every_place_leads_back(
    parts: list[tuple[str, str, str]], end: str
) -> None:
    sent = "".join(before + tagged(phrase, other) for before, phrase, other in parts) + end
    marked = MarkedText.read(sent)
    assert marked.text == "".join(before + phrase for before, phrase, _ in parts) + end
    assert [(marked.text[slice(*p.span)], p.target) for p in marked.phrases] == [
        (phrase, other) for _, phrase, other in parts
    ]
    assert "".join(sent[place] for place in marked.places[:-1]) == marked.text
    for phrase in marked.phrases:
        assert sent[slice(*marked.place(phrase.span))] == marked.text[slice(*phrase.span)]


@pytest.mark.parametrize(
    "sent",
    [
        "a <b>c</b>",
        '<mstrans:dictionary translation="x">open',
        "<mstrans:dictionary>x</mstrans:dictionary>",
        "1 < 2 & 3",
    ],
)
def test_other_text_is_text(sent: str) -> None:
    assert MarkedText.read(sent) == MarkedText(sent, sent, (), range(len(sent) + 1))


def test_tags_that_are_not_closed_cost_no_more_than_others() -> None:
    opening = '<mstrans:dictionary translation="x">'
    for sent in (opening * 30_000, opening[:-2] * 30_000, tagged("a", "b") * 10_000):
        assert len(MarkedText.read(sent).phrases) in {0, 10_000}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_lengths_are_counted_in_units_of_utf_16(text: str) -> None:
    starts = range(len(text))
    assert length(text) == len(text.encode("utf-16-le")) // 2
    assert lengths(starts, text) == [len(char.encode("utf-16-le")) // 2 for char in text or [""]]


def test_a_projection_has_inclusive_ends() -> None:
    source, target = "a😀 bc", "x yz"
    links = [Link((3, 5), (2, 4), 1), Link((0, 2), (0, 1), 1), Link((2, 2), (0, 1), 1)]
    assert projection(links, source, target) == "0:2-0:0 4:5-2:3"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.integers(0, 50), max_size=4))
def test_lengths_add_up_to_the_text(text: str, starts: list[int]) -> None:
    inside = sorted({start for start in starts if start <= len(text)})
    assert sum(lengths(inside, text)) == length(text)
    assert len(lengths(inside, text)) == max(1, len(inside))
