from __future__ import annotations

import pytest

from loadtests.quality.sentences import Source, loops, repeats

SOURCE = Source(
    "The bank (the larger one) will test until Thursday. However, tea costs 3 euros and cake 5 pounds."
    " Anna Berg, the head of sales, did not sign.\n"
    "[09:02] Tom: I will ring the agent today.\n"
    "[09:03] Mara: Then I tell Dad on Sunday.\n"
    "| Tarn | 52 | 71 |\n| Corran | 29 | 58 |\n"
)


@pytest.mark.parametrize(
    "sentence",
    [
        "The bank (the larger one) will test until Thursday.",
        "The bank will test until Thursday.",
        "Tea costs 3 euros and cake 5 pounds.",
        "Anna Berg did not sign.",
        "Tom: I will ring the agent today.",
        "I will ring the agent today.",
        "Tarn 52 71.",
        "The bank (the larger one) will test until Thursday. However, tea costs 3 euros and cake 5 pounds.",
    ],
)
def test_whole_sentences_are_whole_with_what_may_be_left_out(sentence: str) -> None:
    assert SOURCE.standing(sentence) == "whole"


@pytest.mark.parametrize(
    "sentence", ["The bank (the larger one) will test", "test until Thursday.", "Tarn 52", "Berg"]
)
def test_pieces_are_fragments(sentence: str) -> None:
    assert SOURCE.standing(sentence) == "fragment"


@pytest.mark.parametrize(
    ("sentence", "harm"),
    [
        ("The bank will test, which will take Thursday.", "negation"),
        ("Tea costs 5 euros and cake 3 pounds.", "unit"),
        ("Tea costs 3 pounds and cake 5 euros.", "unit"),
        ("Tea costs 4 euros and cake 5 pounds.", "number"),
        ("The head of sales, Anna Weber, did not sign.", "name"),
        ("Anna Berg did sign.", "negation"),
        ("Mara: I will ring the agent today.", "speaker"),
        ("Tarn 29 71.", "number"),
    ],
)
def test_harm_is_found_and_named(sentence: str, harm: str) -> None:
    assert SOURCE.standing(sentence) == "changed"
    assert harm in SOURCE.harms(sentence)


@pytest.mark.parametrize("sentence", ["The bank test until Thursday.", "I ring the agent today."])
def test_a_lost_word_is_a_change_that_harms_no_fact(sentence: str) -> None:
    assert SOURCE.standing(sentence) == "changed"
    assert SOURCE.harms(sentence) == []


def test_a_sentence_of_two_halves_is_changed() -> None:
    assert SOURCE.standing("Tarn 52 71 Corran 29 58.") == "whole", "two rows in order are two rows"
    assert SOURCE.standing("Corran 29 58 Tarn 52 71.") == "changed"


def test_repeats_are_the_same_or_nearly_or_contained() -> None:
    one = "The river flooded the old town last night."
    assert repeats([one, "Nobody was hurt in the fire.", one]) == 1
    assert repeats([one, "The river flooded the old town last night again."]) == 1
    assert repeats([one, "The river flooded the old town."]) == 1
    assert repeats([one, "The old bridge was closed this morning."]) == 0
    assert repeats(["Dr Reyes: No.", "Dr Reyes: The gel, and no more than two of the tablets."]) == 0
    assert repeats(["Dr Reyes: No.", "Mr Boyle: No."]) == 1


def test_loops() -> None:
    assert loops("we like the the sea")
    assert loops("one two three four and one two three four")
    assert not loops("one two three and one two three")
