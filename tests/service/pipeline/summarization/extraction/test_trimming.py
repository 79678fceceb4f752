"""What a headline leaves out of a sentence, and what it never does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.summarization.extraction.trimming import trims, without


@pytest.mark.parametrize(
    ("sentence", "shorter"),
    [
        (
            "The decline comes almost entirely from Konstanz, where the street has been closed since April.",
            "The decline comes almost entirely from Konstanz.",
        ),
        ("Dr Nwosu, who led the trial, said that beds were few.", "Dr Nwosu said that beds were few."),
        (
            "Ferries will sail three times a day, the operator announced on Thursday.",
            "Ferries will sail three times a day.",
        ),
        ("Ewa is in charge in July, and you can reach her here.", "Ewa is in charge in July."),
        ("Meetings were cut by half; those of many people are rare.", "Meetings were cut by half."),
        ("The library closes in May (see page 12), because it is old.", "The library closes in May."),
        ("It was decided by eight votes to three to build a bridge.", "It was decided to build a bridge."),
        ("They move it to June so that all vote by six votes to two.", "They move it to June."),
    ],
)
def test_what_punctuation_sets_apart_goes(sentence: str, shorter: str) -> None:
    assert without(sentence, trims(sentence)) == shorter


@pytest.mark.parametrize(
    "sentence",
    [
        "Quiet hours lowered the mean level by four decibels, which was not significant.",
        "Helmets are free for all children under twelve, as long as there are any left.",
        "The whole bridge will be closed to all cars, unless the court stops the work.",
        "The drug is said to be safe for children, according to its maker.",
        "The firm will soon be bankrupt, a former director said.",
        "It was Leo from the third floor, who turned the key.",
        "Ferris can break the tiles today, which costs about 200, plus the new ones.",
        "Tomas Brandl, 41, who has kept goal for Harwick, will retire.",
        "If the ferry is late on Monday, and they miss the train, call me.",
        "They sell apples, pears, making good money.",
        "Reply (Nadia): thank you for the log that you sent.",
        "The parcel is at the neighbour's, but he is away.",
    ],
)
def test_what_takes_something_back_or_says_who_claims_it_stays(sentence: str) -> None:
    assert trims(sentence) == []


@given(
    st.lists(st.sampled_from(["which", "who", "it", "is", "not", "a", "ant", ",", ";", "(", ")", "and", "."]))
)
def test_parts_are_in_order_and_apart_and_words_are_left(words: list[str]) -> None:
    sentence = " ".join(words).replace(" ,", ",").replace(" ;", ";").replace(" .", ".")
    found = trims(sentence)
    ends = [0, *(place for span in found for place in span), len(sentence)]
    assert ends == sorted(ends)
    assert not found or len(without(sentence, found).split()) >= 5
