"""Where terms are found, and against a search that looks at every place for every term."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.glossary.matching import Match, Phrases
from tests.growth import assert_linear


def found(text: str, *phrases: str, lang: str = "en") -> list[tuple[str, str]]:
    """What stands in the text, and the phrase that it is of."""
    return [(text[slice(*match.span)], phrases[match.number]) for match in Phrases(phrases, lang).find(text)]


@pytest.mark.parametrize(
    ("text", "phrases", "expected"),
    [
        ("A mask, a face mask.", ["mask", "face mask"], [("mask", "mask"), ("face mask", "face mask")]),
        ("unmasked masking-tape", ["mask"], [("masking", "mask")]),
        ("MASK Mask mask", ["mask"], [("MASK", "mask"), ("Mask", "mask"), ("mask", "mask")]),
        ("US tells us what WHO knows who.", ["US", "WHO"], [("US", "US"), ("WHO", "WHO")]),
        ("masks, batteries, boxes, wolves", ["mask", "battery", "box", "wolf"], [
            ("masks", "mask"), ("batteries", "battery"), ("boxes", "box"), ("wolves", "wolf"),
        ]),
        ("infected, stopping, hoped, tied", ["infect", "stop", "hope", "tie"], [
            ("infected", "infect"), ("stopping", "stop"), ("hoped", "hope"), ("tied", "tie"),
        ]),
        ("the WHO's advice", ["WHO"], [("WHO's", "WHO")]),
        ("COVID-19 and covid", ["covid"], [("covid", "covid")]),
        ("COVID-19 and covid", ["covid", "COVID-19"], [("COVID-19", "COVID-19"), ("covid", "covid")]),
        ("SARS-CoV-19, SARS-like", ["SARS"], [("SARS", "SARS")]),
        ("SARS-CoV-2", ["SARS", "SARS-CoV-2"], [("SARS-CoV-2", "SARS-CoV-2")]),
        ("hand\n  washing", ["hand washing"], [("hand\n  washing", "hand washing")]),
        ("C++ and C", ["C++"], [("C++", "C++")]),
        ("新型コロナウイルスの検査", ["検査", "コロナ"], [("コロナ", "コロナ"), ("検査", "検査")]),
        ("यह कला है, कल नहीं", ["कल"], [("कल", "कल")]),  # not within a word, before a vowel sign
        ("কলা ও কল", ["কল"], [("কল", "কল")]),
        ("ใกล้ ก่อน", ["ใก", "ก"], [("ใก", "ใก")]),
        ("کتاب‌ها و کتاب", ["کتاب"], [("کتاب", "کتاب"), ("کتاب", "کتاب")]),
        ("a mask", ["a mask of fear"], []),
        ("as bus has", ["a", "bu", "ha"], []),
        ("", ["mask"], []),
    ],
)  # fmt: skip
def test_terms_in_texts(text: str, phrases: list[str], expected: list[tuple[str, str]]) -> None:
    assert found(text, *phrases) == expected


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("máscaras faciais", "máscara facial"),
        ("infecções", "infecção"),
        ("hospitais", "hospital"),
        ("papéis", "papel"),
        ("infectadas", "infectado"),
        ("doutora", "doutor"),
        ("vacinando", "vacinar"),
        ("vacinados", "vacinar"),
    ],
)
def test_portuguese_forms(text: str, phrase: str) -> None:
    assert found(f"Há {text} aqui", phrase, lang="pt") == [(text, phrase)]


@pytest.mark.parametrize(
    ("text", "phrase", "ending"),
    [
        ("mask", "mask", ""),
        ("masks", "mask", "plural"),
        ("masked", "mask", "verb"),
        ("mask's", "mask", "gender"),
    ],
)
def test_the_form_is_told(text: str, phrase: str, ending: str) -> None:
    (match,) = Phrases([phrase], "en").find(text)
    assert match.ending == ending


def test_of_like_terms_the_one_that_stands_there_as_given_counts() -> None:
    assert found("test kits", "test kit", "test kits") == [("test kits", "test kits")]
    assert found("leaves", "leaf", "leave") == [("leaves", "leaf")]


WORDS = st.sampled_from(["ab", "abc", "abcd", "b", "c", "ab-c", "Ab"])


@given(
    st.lists(WORDS, max_size=12), st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=8)
)
def test_the_longest_from_each_place_on_as_a_plain_search_finds_it(
    words: list[str], phrases: list[list[str]]
) -> None:
    text = " ".join(words)
    listed = list(dict.fromkeys(" ".join(phrase) for phrase in phrases))
    longest_first = sorted({phrase.casefold(): phrase for phrase in listed}, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    expected = [match.span() for match in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.IGNORECASE)]
    assert [match.span for match in Phrases(listed, "xx").find(text)] == expected


def test_time_grows_with_the_text_and_not_with_the_terms() -> None:
    """Steps in the tree are counted: thousands of terms that begin alike, none of which is there."""
    phrases = [f"alpha beta {number}" for number in range(5000)]
    text = "alpha beta gamma " * 3000
    assert Phrases(phrases, "en").find(text) == []
    assert Phrases([*phrases, "gamma"], "en").find(text)[0] == Match(5000, (11, 16), "")


def test_of_any_number_of_capitals_those_of_the_text_count() -> None:
    letters = product(*((one, one.upper()) for one in "borders"))
    given = list(dict.fromkeys("".join(one) for one in letters))
    phrases = Phrases([*given, *given], "en")
    assert len(given) == 128
    for number, one in enumerate(given):
        assert [match.number for match in phrases.find(f"The {one} were")] == [number]


def test_time_is_in_proportion_to_text_and_terms_whatever_their_capitals() -> None:
    every = ["".join(one) for one in product(*((a, a.upper()) for a in "neighborhood"))]

    def find(text: str) -> None:
        Phrases(every[: len(text) // 8], "en").find(text)

    assert_linear(find, lambda length: f"{every[-2]} " * (length // 13))
