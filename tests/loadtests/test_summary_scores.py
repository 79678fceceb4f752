"""The baselines beside which summaries stand, and what is measured of them."""

from __future__ import annotations

import pytest

from loadtests.quality.baselines import by_lex_rank
from loadtests.summary_scores import Example, by_walk, rouge, shared_words

SENTENCES = [
    "The ferry leaves the northern harbour every morning.",
    "Nobody slept.",
    "Storms closed the northern harbour, and the ferry stayed there.",
    "The ferry brings bread every morning.",
]


def test_the_most_central_sentence_shares_most_and_those_that_share_nothing_come_last() -> None:
    example = Example(SENTENCES, [])
    assert by_walk(example)[0] == by_lex_rank(example)[0] == 0
    assert by_walk(example)[-1] == by_lex_rank(example)[-1] == 1


def test_sentences_that_are_as_central_come_in_their_order() -> None:
    example = Example(["One ferry leaves.", "Two ferry leaves.", "Six ferry leaves."] * 3, [])
    assert by_walk(example) == list(range(9))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_quick_scores_of_a_sentence_are_those_of_rouge(sentence: str) -> None:
    references = ["The ferries were leaving each morning.", "Storms closed a harbour in the north."]
    assert shared_words(sentence, references) == rouge(sentence, references)[:2]
