from __future__ import annotations

import html
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.http.dialects.azure.dictionary import MarkedText, Phrase, with_dictionary
from crosslate.service.http.dialects.azure.positions import Units, lengths, projection
from crosslate.service.pipeline.types import (
    AlignmentMethod,
    AlignmentResult,
    Link,
    Segment,
    TranslationResult,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<>"), max_size=12)


def tagged(phrase: str, translation: str) -> str:
    return f'<mstrans:dictionary translation="{html.escape(translation)}">{phrase}</mstrans:dictionary>'


def aligned(text: str, links: list[Link], segments: list[Segment] | None = None) -> TranslationResult:
    method = AlignmentMethod(layer=0, heads=None, row="output", symmetric=False)
    return TranslationResult(
        model="m",
        text=text,
        source_lang="en",
        target_lang="pt",
        detected=None,
        finish_reason="stop",
        score=-0.1,
        warnings=[],
        segments=segments or [],
        alignment=AlignmentResult(
            unit="codepoint",
            method=method,
            links=links,
            source_words=[],
            target_words=[],
            pharaoh="",
            sink_mass=[],
        ),
        alternatives=[],
        num_characters=1,
        num_prompt_tokens=1,
        num_generation_tokens=1,
    )


def words(text: str) -> list[tuple[int, int]]:
    """The spans of what stands between spaces."""
    ends = [i for i, char in enumerate(text) if char == " "]
    return [(start + 1, end) for start, end in pairwise([-1, *ends, len(text)])]


def linked(source: str, target: str, pairs: list[tuple[int, int]], score: float = 0.9) -> list[Link]:
    return [Link(words(source)[one], words(target)[other], score) for one, other in pairs]


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=3), TEXT)
def test_the_tags_are_taken_out_and_every_place_leads_back(
    parts: list[tuple[str, str, str]], end: str
) -> None:
    sent = "".join(before + tagged(phrase, other) for before, phrase, other in parts) + end
    marked = MarkedText.read(sent)
    assert marked.text == "".join(before + phrase for before, phrase, _ in parts) + end
    assert [(marked.text[slice(*p.span)], p.translation) for p in marked.phrases] == [
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
    assert MarkedText.read(sent) == MarkedText.whole(sent)


def test_tags_that_are_not_closed_cost_no_more_than_others() -> None:
    opening = '<mstrans:dictionary translation="x">'
    for sent in (opening * 30_000, opening[:-2] * 30_000, tagged("a", "b") * 10_000):
        assert len(MarkedText.read(sent).phrases) in {0, 10_000}


SOURCE, TARGET = "the black cat sleeps", "o gato preto dorme"
LINKS = linked(SOURCE, TARGET, [(0, 0), (2, 1), (1, 2), (3, 3)])


def test_the_given_translation_takes_the_place_of_the_models() -> None:
    result = aligned(TARGET, LINKS, [Segment((0, 20), (0, 18), -0.1, "stop")])
    edited = with_dictionary(result, [Phrase(words(SOURCE)[2], "felino")])
    assert edited.text == "o felino preto dorme"
    assert edited.segments[0].target == (0, 20)
    assert edited.alignment is not None
    assert [
        (SOURCE[slice(*link.source)], edited.text[slice(*link.target)]) for link in edited.alignment.links
    ] == [("the", "o"), ("cat", "felino"), ("black", "preto"), ("sleeps", "dorme")]
    assert edited.warnings == []


def test_a_phrase_of_several_words_is_one_place() -> None:
    phrase = Phrase((words(SOURCE)[1][0], words(SOURCE)[2][1]), "Bichano")
    edited = with_dictionary(aligned(TARGET, LINKS), [phrase])
    assert edited.text == "o Bichano dorme"
    assert edited.alignment is not None
    assert [link.target for link in edited.alignment.links] == words(edited.text)


def test_of_words_that_are_apart_the_likelier_are_replaced() -> None:
    source, target = "give up now", "desista agora mesmo já"
    links = [
        *linked(source, target, [(0, 0), (1, 0)], 0.9),
        *linked(source, target, [(2, 1)], 0.8),
        *linked(source, target, [(1, 3)], 0.2),
    ]
    assert with_dictionary(aligned(target, links), [Phrase((0, 7), "pare")]).text == "pare agora mesmo já"


def test_a_phrase_that_is_not_found_is_said() -> None:
    phrases = [Phrase(words(SOURCE)[2], "felino"), Phrase(words(SOURCE)[2], "bichano")]
    edited = with_dictionary(aligned(TARGET, LINKS), phrases)
    assert edited.text == "o felino preto dorme"
    assert len(edited.warnings) == 1
    unlinked = with_dictionary(aligned(TARGET, []), phrases[:1])
    assert (unlinked.text, len(unlinked.warnings)) == (TARGET, 1)


def test_two_phrases_are_both_placed() -> None:
    phrases = [Phrase(words(SOURCE)[3], "ronca alto"), Phrase(words(SOURCE)[2], "felino")]
    edited = with_dictionary(aligned(TARGET, LINKS), phrases)
    assert edited.text == "o felino preto ronca alto"
    assert edited.alignment is not None
    assert edited.alignment.links[-1].target == (15, 25)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_units_are_those_of_utf_16(text: str) -> None:
    units = Units(text)
    assert len(units) == len(text.encode("utf-16-le")) // 2
    for position in range(len(text) + 1):
        assert units.at(position) == len(text[:position].encode("utf-16-le")) // 2


def test_a_projection_has_inclusive_ends() -> None:
    source, target = "a😀 bc", "x yz"
    links = [Link((3, 5), (2, 4), 1), Link((0, 2), (0, 1), 1), Link((2, 2), (0, 1), 1)]
    assert projection(links, Units(source), Units(target)) == "0:2-0:0 4:5-2:3"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.integers(0, 50), max_size=4))
def test_lengths_add_up_to_the_text(text: str, starts: list[int]) -> None:
    inside = sorted({start for start in starts if start <= len(text)})
    units = Units(text)
    assert sum(lengths(inside, units)) == len(units)
    assert len(lengths(inside, units)) == max(1, len(inside))
