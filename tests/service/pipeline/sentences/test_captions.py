from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.pipeline.sentences.captions import caption_pieces, is_in_brackets

WORDS = frozenset(["DOOR SLAMS", "SIGHS", "LAUGHTER", "ON PHONE"])


def pieces(text: str) -> list[str]:
    spans = caption_pieces(text, (0, len(text)), WORDS.__contains__, frozenset(["NARRATOR"]).__contains__)
    return [text[slice(*span)] for span in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[DOOR SLAMS]", ["DOOR SLAMS"]),
        ("(SIGHS) I know.", ["SIGHS", "I know."]),
        ("[LAUGHTER] [DOOR SLAMS]", ["LAUGHTER", "DOOR SLAMS"]),
        ("JOHN: [SIGHS] I know.", ["SIGHS", "I know."]),
        ("NARRATOR: (SIGHS) I know.", ["NARRATOR:", "SIGHS", "I know."]),
        ("MAN ON TV: (SIGHS) I know.", ["MAN ON TV:", "SIGHS", "I know."]),
        ("[door slams]", ["door slams"]),
        ("[Door slams]", ["Door slams"]),
        ("(whispering) Be quiet.", ["whispering", "Be quiet."]),
        # Abbreviations, names, items, boxes, links and what a sentence goes on behind stay in it.
        ("[NASA] It flies.", ["[NASA] It flies."]),
        ("[SIGHS] is a word.", ["[SIGHS] is a word."]),
        ("(iii) The tenant pays.", ["(iii) The tenant pays."]),
        ("[x] Done.", ["[x] Done."]),
        ("[SIGHS](https://x.example)", ["[SIGHS](https://x.example)"]),
        ("[name]", ["[name]"]),
        ("(in euros)", ["(in euros)"]),
        ("[[DOOR SLAMS]]", ["[[DOOR SLAMS]]"]),
        ("Note: [SIGHS] I know.", ["Note: [SIGHS] I know."]),
        ("I know. [SIGHS]", ["I know. [SIGHS]"]),
    ],
)
def test_what_stands_in_brackets_is_a_piece_of_its_own(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@given(st.text("SIGHS [](): ab", max_size=40))
@settings(max_examples=200)
def test_nothing_is_lost_but_brackets_and_who_speaks(text: str) -> None:
    spans = list(caption_pieces(text, (0, len(text)), str.isupper, str.isupper))
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    borders = [0, *(place for span in spans for place in span), len(text)]
    between = "".join(text[a:b] for a, b in zip(borders[::2], borders[1::2], strict=True))
    assert set(between) <= set("SIGH[](): ")


def test_what_stands_between_two_brackets() -> None:
    assert is_in_brackets("a [b] c", (3, 4))
    assert not is_in_brackets("a [b c] d", (3, 4))
    assert not is_in_brackets("b", (0, 1))
