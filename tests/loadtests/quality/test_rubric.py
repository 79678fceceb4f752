from __future__ import annotations

import dataclasses

import pytest

from loadtests.quality.rubric import Length, Output, has_right_length, judge
from loadtests.quality.texts import MarkedText, read_texts

MAIN = "The bridge will be closed to cars from the first of March."
OTHER = "Engineers found cracks in two supports in October."
TEXT = f"Morning, all. {OTHER} {MAIN} Repairs cost 14 million pounds and take two years. Buses go round."
MARKED = MarkedText(id="x", kind="news", text=TEXT, points=[[MAIN]])


def test_the_main_sentence_is_accepted_and_another_is_not() -> None:
    said = judge(MARKED, Output(MAIN), "short")
    assert (said.accepted, said.hit, said.sentences) == (True, 1.0, 1)
    missed = judge(MARKED, Output(OTHER), "short")
    assert (missed.accepted, missed.hit, missed.changed) == (False, 0.0, [])


@pytest.mark.parametrize(
    ("summary", "fault"),
    [
        (f"{MAIN} The bridge is closed to lorries from May.", "changed"),
        (f"{MAIN} Repairs cost 14 million", "fragments"),
        (f"{MAIN} {MAIN}", "repeats"),
        (f"{MAIN} Buses go ⁇ round.", "unspellable"),
    ],
)
def test_one_fault_is_enough_to_refuse(summary: str, fault: str) -> None:
    judgement = judge(MARKED, Output(summary), "long")
    assert not judgement.accepted
    assert getattr(judgement, fault)


def test_a_point_is_not_said_by_a_sentence_whose_facts_are_harmed() -> None:
    harmed = "The bridge will not be closed to cars from the first of March."
    judgement = judge(MARKED, Output(harmed), "auto")
    assert (judgement.hit, judgement.harms) == (0.0, ["negation"])


def test_any_quotation_of_a_point_will_do_and_points_are_counted_apart() -> None:
    either = dataclasses.replace(MARKED, points=[[MAIN, OTHER]])
    assert judge(either, Output(OTHER), "auto").hit == 1.0
    both = dataclasses.replace(MARKED, points=[[MAIN], [OTHER]])
    assert judge(both, Output(OTHER), "auto").hit == 0.5


def test_another_language_has_to_be_refused_or_flagged() -> None:
    trap = MarkedText(id="x", kind="other_language", text="Die Brücke ist gesperrt.", points=[])
    assert not judge(trap, Output("Die Brücke ist gesperrt."), "auto").accepted
    assert judge(trap, Output("", is_flagged=True), "auto").accepted


@pytest.mark.parametrize(
    ("count", "length", "is_right"),
    [
        *((1, "short", True), (3, "short", True), (4, "short", False)),
        *((5, "auto", True), (6, "auto", False), (7, "long", True), (8, "long", False)),
    ],
)
def test_lengths(count: int, length: Length, is_right: bool) -> None:
    sentence = "One two three four five."
    assert has_right_length([sentence] * count, " ".join([sentence] * 10), length) is is_right


def test_one_sentence_is_never_too_long_and_nothing_is_too_short() -> None:
    assert has_right_length([TEXT], TEXT, "short")
    assert not has_right_length(["Buses."], TEXT, "auto")
    assert not has_right_length([], TEXT, "auto")


def test_the_marks_themselves_are_accepted_of_every_text() -> None:
    """Otherwise nobody could reach the whole."""
    for marked in read_texts():
        if marked.points:
            judgement = judge(
                marked, Output("\n".join(" ".join(point[0].split()) for point in marked.points)), "long"
            )
            assert judgement.accepted, judgement
