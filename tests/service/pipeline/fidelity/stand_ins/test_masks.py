from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.protected.spans import Kind
from crosslate.service.pipeline.fidelity.stand_ins.masking import Slot, adjoined
from crosslate.service.pipeline.fidelity.stand_ins.masks import (
    mask_pairs,
    masks_of_one_word,
    with_masks,
    words_left,
)
from crosslate.service.pipeline.fidelity.stand_ins.restoring import restored
from crosslate.service.pipeline.text.origin import DerivedText

_LISTED = "a black cat file first here item items key line link now path px second the user welcome world"
_WORDS = frozenset(_LISTED.split())


def _count_tokens(word: str) -> int:
    """Of a vocabulary of these words and of single letters, which reads an end besides."""
    return 2 if word in _WORDS else 1 + len(word)


def _masks(text: str) -> list[str]:
    found = with_masks(text, protected_spans(text), _count_tokens)
    return [text[slice(*one.span)] for one in found if one.kind is Kind.MASK]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("Save {{1}}now{{2}}", [("{{1}}", "{{2}}")]),
        ("Read the {{1}}user guide{{2}} first.", [("{{1}}", "{{2}}")]),
        ("[X14X]welcome[X24X]", [("[X14X]", "[X24X]")]),
        ("Click %1$shere%2$s.", [("%1$s", "%2$s")]),
        ("Click %shere%s.", [("%s", "%s")]),
        ("Click {link_start}here{link_end}.", [("{link_start}", "{link_end}")]),
        ("{0}black{1} and {2}world{3}", [("{0}", "{1}"), ("{2}", "{3}")]),
        ("{first}link{last}", []),
        ("{0}px{1}", []),
        ("{width}x{height}", []),
        ("{0}link{0}", []),
    ],
)
def test_placeholders_that_stand_around_words_as_tags_do(text: str, pairs: list[tuple[str, str]]) -> None:
    found = with_masks(text, protected_spans(text), _count_tokens)
    assert [(text[slice(*a)], text[slice(*b)]) for a, b in mask_pairs(text, found)] == pairs


@pytest.mark.parametrize(
    ("text", "masks"),
    [
        ("You have {count}items", ["{count}"]),
        ("You have {n} item{s} here", ["{s}"]),
        ("First line{0}second line", ["{0}"]),
        ("{{1}}{{2}}now{{3}}{{4}}", ["{{1}}", "{{2}}", "{{3}}", "{{4}}"]),
        ("The [X9X]now", ["[X9X]"]),
        ("The [X9X]px", []),
        ("{0}item:{1} now", ["{0}"]),
        ("See {1}path://x/{2}", []),
        ("{{count}}px", []),
        ("v{{version}}", []),
        ("The {id}st day", []),
        ("Open file_{n}.txt", []),
        ("Open path{n}.txt", []),
        ("Open {n}path/to", []),
        ("%dMB", []),
        ("It is {{name}}'s", []),
        ("file{n}", []),
        ("A {x}able man", []),
        ("The %sitem", []),
        ("te{x}st", []),
        ("line{0}2nd", []),
    ],
)
def test_only_whole_words_make_a_mask(text: str, masks: list[str]) -> None:
    assert _masks(text) == masks


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Press %skey", ["key"]),
        ("Hi {first}and{last}", ["and"]),
        ("The {n}reauthorisers", ["reauthorisers"]),
        ("The {count}items", []),
        ("The {{count}}px and {id}st, file_{n}.txt, v{x}, %dMB", []),
    ],
)
def test_words_that_stay_as_they_are_are_found(text: str, left: list[str]) -> None:
    found = words_left(text, with_masks(text, protected_spans(text), _count_tokens))
    assert [text[slice(*span)] for span in found] == left


def test_a_mask_at_one_side_of_a_word_goes_with_it() -> None:
    text = "The {a}items and the first line{b}second line"
    found = masks_of_one_word(text, with_masks(text, protected_spans(text), _count_tokens))
    assert [text[slice(*one.span)] for one in found] == ["{a}"]


def test_two_placeholders_that_stood_against_words_stay_apart_beside_each_other() -> None:
    slots = [
        Slot((0, 3), "X1", "{a}", Kind.MASK, sticks_after=True),
        Slot((8, 11), "X2", "{b}", Kind.MASK, sticks_before=True),
    ]
    assert restored(DerivedText.of("X1 X2 files"), slots, ()).text.text == "{a} {b} files"
    assert restored(DerivedText.of("X1 file X2"), slots, ()).text.text == "{a}file{b}"


@given(st.lists(st.sampled_from(["{0}", "{1}", "%s", "now", "px", "items", " ", "_", ".", "x"]), max_size=8))
def test_masks_take_no_letter_with_them_and_everything_else_stays_protected(parts: list[str]) -> None:
    text = "".join(parts)
    protected = protected_spans(text)
    found = with_masks(text, protected, _count_tokens)
    assert [one.span for one in found] == [one.span for one in protected]
    masks = {one.span for one in found if one.kind is Kind.MASK}
    alone = adjoined(text, [one for one in found if one.kind is Kind.MASK])
    assert all(any(a <= start and end <= b for a, b in (one.span for one in alone)) for start, end in masks)
    assert all(text[one.span[0]] in "{%" and text[one.span[1] - 1] in "}s" for one in alone)
