from __future__ import annotations

import numpy as np

from crosslate.service.calibration.anchors import Anchor
from crosslate.service.calibration.candidates import Candidate, Reading
from crosslate.service.calibration.choosing import Readings, choose
from tests.service.calibration.planted import Links, head_of, late, reading, some_links, turned

NUM_PAIRS = 30
NEXT = [1, 2, 3, 4, 5, 6, 7, 7]
"""A map that only follows the order, one word ahead."""


def anchors_of(links: Links, number: int) -> list[Anchor]:
    return [(target, links[target]) for target in range(number)]


def planted(*, sureness: float = 0.9, num_anchors: int = 2, seed: int = 0) -> Readings:
    """Layer 1, head 0 shows the links at the input row; layer 0, head 1 agrees on what is wrong."""
    chance = np.random.default_rng(seed)
    forward: list[Reading] = []
    back: list[Reading] = []
    for _ in range(NUM_PAIRS):
        links = some_links(chance)
        for side, of_side, ahead in (
            (forward, links, NEXT),
            (back, turned(links), [0, *range(7)]),
        ):
            noise = head_of(of_side, 0.2, chance)
            wrong = head_of(ahead, 1.0, chance)
            right = late(head_of(of_side, sureness, chance))
            # In the opposite direction the same word is one behind.
            anchors = anchors_of(of_side, num_anchors)
            side.append(reading([[noise, wrong], [right, noise]], anchors))
    return Readings(forward, back)


RIGHT = Candidate(1, (0,), "input")
WRONG = Candidate(0, (1,), "output")


def test_the_head_and_the_row_that_show_the_links_are_found() -> None:
    choice = choose(planted(), Candidate(0, None, "output"))
    assert choice.chosen == RIGHT
    assert choice.best.back == RIGHT
    assert choice.certainty == 1.0
    assert choice.judged[0] == choice.best


def test_they_are_found_without_another_direction_too() -> None:
    choice = choose(Readings(planted().forward, None), Candidate(0, None, "output"))
    assert choice.chosen == RIGHT
    assert choice.best.back is None


def test_what_agrees_on_wrong_links_is_betrayed_by_copies() -> None:
    unsure = planted(sureness=0.7)
    assert choose(unsure, WRONG).chosen == RIGHT
    agreeing = max(choose(unsure, WRONG).judged, key=lambda judged: judged.agreement)
    assert agreeing.candidate == WRONG, "it is agreement alone that would be fooled"


def test_without_copies_agreement_alone_decides() -> None:
    choice = choose(planted(sureness=0.7, num_anchors=0), WRONG)
    assert choice.num_copies == 0
    assert choice.chosen == WRONG


def test_of_heads_that_are_alike_todays_mostly_stays() -> None:
    """A certainty of 95 % still is wrong now and then."""
    stayed = []
    for seed in range(6):
        chance = np.random.default_rng(seed)
        readings = []
        for _ in range(NUM_PAIRS):
            links = some_links(chance)
            readings.append(
                reading([[head_of(links, 0.9, chance)], [head_of(links, 0.9, chance)]], anchors_of(links, 2))
            )
        choices = [choose(Readings(readings, None), Candidate(i, None, "output")) for i in range(2)]
        stayed += [choice.chosen == choice.today.candidate for choice in choices]
    assert sum(stayed) >= 10


def test_heads_that_know_half_each_are_read_together() -> None:
    """One is right about the first words of each pair, another about the last ones, the others about none."""
    chance = np.random.default_rng(2)
    readings = []
    for _ in range(NUM_PAIRS):
        links = some_links(chance)
        first, last, neither = (head_of(links, sureness, chance) for sureness in (1.0, 1.0, 0.0))
        first[4:], last[:4] = 1 / 9, 1 / 9
        readings.append(reading([[first, last, neither, neither]], anchors_of(links, 8)))
    choice = choose(Readings(readings, None), Candidate(0, None, "output"))
    assert choice.chosen == Candidate(0, (0, 1), "output")
    assert choice.best.score > choice.judged[0].score
