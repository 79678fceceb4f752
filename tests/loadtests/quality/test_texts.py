from __future__ import annotations

from collections import Counter

from loadtests.quality.sentences import Source
from loadtests.quality.texts import (
    BLIND,
    BLIND_AGAIN,
    BLIND_FOURTH,
    BLIND_THIRD,
    OTHER_LANGUAGE,
    TEXTS,
    read_texts,
    source_units,
)


def test_the_texts_are_what_their_readme_says() -> None:
    texts = read_texts()
    kinds = Counter(text.kind for text in texts)
    assert kinds.pop(OTHER_LANGUAGE) == 3
    assert len(kinds) == 12
    assert set(kinds.values()) == {5}
    assert len({text.id for text in texts}) == len(texts)
    assert {len(text.points) for text in texts if text.kind == "topics"} == {5}
    assert min(len(text.text.split()) for text in texts) >= 80


def test_the_blind_texts_are_what_their_readme_says() -> None:
    texts = read_texts(BLIND)
    assert len(texts) == 27
    assert min(Counter(text.kind for text in texts).values()) == 2
    again = read_texts(BLIND_AGAIN)
    assert len(again) == 13
    third = read_texts(BLIND_THIRD)
    assert set(Counter(text.kind for text in third).values()) == {2}
    assert len(third) == 24
    fourth = read_texts(BLIND_FOURTH)
    assert set(Counter(text.kind for text in fourth).values()) == {2}
    assert len(fourth) == 26
    every = [*texts, *again, *third, *fourth, *read_texts()]
    assert len({text.id for text in every}) == len(every)
    assert min(len(text.text.split()) for text in texts) >= 120
    assert all(len(text.points) == 1 for text in texts)


def test_every_mark_is_an_exact_quotation_of_its_text_that_a_summary_may_quote() -> None:
    files = (TEXTS, BLIND, BLIND_AGAIN, BLIND_THIRD, BLIND_FOURTH)
    for text in [text for file in files for text in read_texts(file)]:
        assert bool(text.points) == (text.kind != OTHER_LANGUAGE), text.id
        source = Source(text.text)
        for quotation in (quotation for point in text.points for quotation in point):
            assert text.text.count(quotation) == 1, text.id
            assert source.standing(quotation) != "changed", text.id


def test_units_are_sentences_items_without_marks_and_verse_across_lines() -> None:
    assert source_units("Title\n\n- one thing\n2. Another. And more.") == [
        "Title", "one thing", "Another.", "And more.",
    ]  # fmt: skip
    assert source_units("Open until 1 May. No. We close.") == ["Open until 1 May.", "No.", "We close."]
    assert source_units("The boats come in\nbefore the light\nis gone.\nThen it is dark.") == [
        "The boats come in before the light is gone.",
        "Then it is dark.",
    ]
    stanzas = (
        "And no one left a loom alone again,\n\nexcept the oldest, who forgot.\n\nHi Jo,\n\nall is well."
    )
    assert source_units(stanzas) == [
        "And no one left a loom alone again, except the oldest, who forgot.", "Hi Jo,", "all is well.",
    ]  # fmt: skip
    assert source_units("hey\nare you there\nyes") == ["hey", "are you there", "yes"]
