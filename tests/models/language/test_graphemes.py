from __future__ import annotations

import itertools

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.language.graphemes import boundaries, is_boundary
from tests.graphemes import CLUSTERS


def clusters(text: str) -> list[str]:
    found = boundaries(text)
    return [text[a:b] for a, b in itertools.pairwise(found)]


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_what_readers_take_for_one_character(cluster: str) -> None:
    assert clusters(cluster) == [cluster]
    assert clusters(f"{cluster}x{cluster}") == [cluster, "x", cluster]


def test_letters_and_quotation_marks_stand_alone_whatever_stands_beside_them() -> None:
    codes = [*range(0x300), *range(0x2010, 0x2028)]
    text = "".join(chr(code) for code in codes if code != 0x0D)
    assert clusters(text) == [*text]
    assert clusters(text[::-1]) == [*text[::-1]]


def test_flags_are_pairs() -> None:
    assert clusters("🇵🇹🇧🇷🇵") == ["🇵🇹", "🇧🇷", "🇵"]
    assert clusters("🇵🇹\u200d🇧🇷") == ["🇵🇹\u200d", "🇧🇷"]


def test_a_blank_stands_alone() -> None:
    assert clusters("a \u0301b\r\nc") == ["a", " ", "\u0301", "b", "\r\n", "c"]
    assert clusters("a\r\n") == ["a", "\r\n"]


@given(st.text(st.sampled_from("".join(CLUSTERS) + "🇵🇹ab\u0600\u200b")))
def test_otherwise_as_the_library_says(text: str) -> None:
    assert clusters(text) == regex.findall(r"\X", text)


def test_of_a_part() -> None:
    assert list(boundaries("xx👍🏽yy", 2, 5)) == [2, 4, 5]
    assert list(boundaries("abcd", 1, 3)) == [1, 2, 3]
    assert list(boundaries("")) == [0]
    assert [at for at in range(7) if is_boundary(boundaries("a👍🏽b"), at)] == [0, 1, 3, 4]
