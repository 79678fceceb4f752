from __future__ import annotations

import numpy as np
import pytest

from crosslate.models.arrays import FloatArray
from crosslate.service.calibration.candidates import Reading, candidates_of
from crosslate.service.calibration.choosing import Judged
from crosslate.service.calibration.heads import summarize_heads
from crosslate.service.commands.tables import head_table

WORDS = [(0, 1), (2, 3), (4, 5), (6, 7)]
SPANS = [*WORDS, None]


def reading(rows: list[list[float]]) -> Reading:
    """A layer with a head for each row, the same at every token; the end is the last column."""
    attention: FloatArray = np.repeat(np.array(rows, dtype=np.float32)[None, :, None], 6, axis=2)
    return Reading.of(attention, source=(WORDS, SPANS), target=(WORDS, SPANS), anchors=[])


def judged(num_heads: int) -> list[Judged]:
    return [
        Judged(candidate, None, agreement=0.5, copies=0.5, score=0.25)
        for candidate in candidates_of(1, num_heads)
    ]


def test_entropy_is_that_of_the_weights_on_text_as_a_share_of_the_largest() -> None:
    one, two, even, end = summarize_heads(
        [
            reading(
                [
                    [1.0, 0.0, 0.0, 0.0, 0.0],
                    [0.25, 0.25, 0.0, 0.0, 0.5],
                    [0.25, 0.25, 0.25, 0.25, 0.0],
                    [0.0, 0.0, 0.0, 0.0, 1.0],
                ]
            )
        ],
        judged(4),
    )
    assert (one.entropy, one.without_text) == (0.0, 0.0)
    # One bit of the two that four tokens could have.
    assert two.entropy == pytest.approx(0.5)
    assert two.without_text == pytest.approx(0.5)
    assert even.entropy == pytest.approx(1.0)
    # What looks at no text says nothing of it: as if it looked at all alike.
    assert end.entropy == pytest.approx(1.0)
    assert end.without_text == pytest.approx(1.0)


def test_each_head_is_judged_at_its_better_row() -> None:
    all_judged = judged(2)
    better_first = sorted(all_judged, key=lambda each: each.candidate.row == "output")
    heads = summarize_heads([reading([[1.0, 0, 0, 0, 0], [0, 1.0, 0, 0, 0]])], better_first)
    assert [(head.layer, head.head) for head in heads] == [(0, 0), (0, 1)]
    assert [head.best.candidate.row for head in heads] == ["input", "input"]
    assert [head.best.candidate.heads for head in heads] == [(0,), (1,)]


def test_the_only_head_of_a_layer_is_the_layer() -> None:
    (head,) = summarize_heads([reading([[0.5, 0.5, 0, 0, 0]])], judged(1))
    assert head.best.candidate.heads is None


def test_a_source_of_one_token_leaves_nothing_to_choose() -> None:
    words = [(0, 1)]
    attention = np.full((1, 1, 3, 2), 0.5, dtype=np.float32)
    one = Reading.of(attention, source=(words, [*words, None]), target=(words, [*words, None]), anchors=[])
    assert summarize_heads([one], judged(1))[0].entropy == 0.0


def test_a_head_that_was_silenced_has_what_was_lost() -> None:
    one = reading([[1.0, 0, 0, 0, 0], [0, 1.0, 0, 0, 0]])
    lost = np.array([[0.25, -0.5]], dtype=np.float32)
    heads = summarize_heads([one], judged(2), lost)
    assert [head.lost for head in heads] == [0.25, -0.5]
    table = head_table(heads).splitlines()
    assert [row.split()[-1] for row in table[1:]] == ["0.250", "-0.500"]
    assert head_table(summarize_heads([one], judged(2))).splitlines()[1].split()[-1] == "-"
