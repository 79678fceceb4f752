"""What sentences look like in texts of different kinds."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.summarization.extraction.features import (
    cosine,
    cosines_of,
    features,
    overlaps_of,
)
from crosslate.service.pipeline.summarization.extraction.units import read_units
from crosslate.service.pipeline.summarization.reading.sentences import read_prose
from loadtests.quality.texts import read_texts

TENANCY = (
    "The tenant shall pay the rent on the third working day of each month. Furthermore, the landlord may"
    " charge interest if a payment is late. The deposit shall be returned to the tenant."
)
TERMS = (
    "you keep all rights to your content. furthermore you grant us a licence to show it. we may terminate"
    " your account at any time without prior notice."
)


def features_of(text: str) -> dict[str, list[float]]:
    return features(read_units(text, read_prose(text, "en", {})))


@pytest.mark.parametrize("text", [TENANCY, TERMS])
def test_a_contract_is_known_by_its_words_with_capitals_or_without(text: str) -> None:
    found = features_of(text)
    assert found["contract_first"] == [1.0, 0.0, 0.0]
    assert found["contract_relative"] == [0.0, 0.5, 1.0]
    assert found["contract_dependent"] == [0.0, 1.0, 0.0]


def test_no_text_of_another_kind_is_read_as_a_contract() -> None:
    """The texts that acceptance is measured on hold none."""
    found = [features_of(text.text)["contract_first"][0] for text in read_texts()]
    assert len(found) == 63
    assert sum(found) == 0


LETTER = """On Monday you wrote:
> Will the boat be ready before the fair?
> The harbour wants to know on which day we need the crane.

The boat will be ready on 28 April. We have painted it green.
"""
MINUTES = """Present: Ms Adler, Mr Okoro, Mr Stein.

Mr Okoro presented the figures. No decision was made on a second shift. It was decided by four votes
to two to reject the weekend shift. The next meeting is on 3 June.
"""
MANUAL = """tinyqueue keeps jobs in a single SQLite file and runs them one after another.

The command `tinyqueue work` starts a worker. The default is one. The file may be moved.
"""


def test_what_is_done_with_something_unnamed_is_known_from_what_names_it() -> None:
    said = [
        "We'll have to put it in the hall.",
        "We found that it rains.",
        "I gave the key to him.",
        "It rains.",
    ]
    assert features_of(" ".join(said))["dangling"] == [1.0, 0.0, 0.0, 0.0]


def test_what_a_letter_answers_is_known_from_what_it_says() -> None:
    assert features_of(LETTER)["cited"] == [0.0, 1.0, 1.0, 0.0, 0.0]
    every = "".join(f"> {line}\n" for line in LETTER.splitlines() if line)
    assert sum(features_of(every.replace("> >", ">"))["cited"]) == 0


def test_a_decision_of_minutes_is_known_from_a_date_and_from_what_was_left_open() -> None:
    found = features_of(MINUTES)
    assert found["resolution"][-4:] == [0.0, 0.0, 1.0, 0.0]
    assert found["undecided"][-4:] == [0.0, 1.0, 0.0, 0.0]
    assert found["minutes_report"][-4:] == [1.0, 0.0, 0.0, 0.0]
    assert found["minutes_date"][-4:] == [0.0, 0.0, 0.0, 1.0]


def test_only_documentation_and_no_conversation_is_read_as_a_manual() -> None:
    assert features_of(MANUAL)["manual_first"] == [1.0, 0.0, 0.0, 0.0]
    kinds = {text.kind for text in read_texts() if sum(features_of(text.text)["manual_first"])}
    assert kinds == {"documentation"}


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=9).map(Counter), min_size=1, max_size=7))
def test_all_pairs_at_once_are_as_alike_as_two_by_two(words: list[Counter[str]]) -> None:
    held = Counter(word for counts in words for word in counts)
    rarity = {word: math.log(1 + len(words) / n) for word, n in held.items()}
    cosines, overlaps = cosines_of(words, rarity), overlaps_of(words)
    assert np.isfinite(cosines).all()
    assert np.isfinite(overlaps).all()
    for i, j in product(range(len(words)), repeat=2):
        if i == j:
            assert cosines[i, j] == overlaps[i, j] == 0.0
            continue
        one, other = words[i], words[j]
        assert cosines[i, j] == pytest.approx(cosine(one, other, rarity), abs=1e-5)
        shared = sum((one & other).values()) if min(len(one), len(other)) > 1 else 0
        logs = math.log(1 + one.total()) + math.log(1 + other.total())
        assert overlaps[i, j] == pytest.approx(shared / (logs or 1.0), abs=1e-5)
