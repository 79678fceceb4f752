from __future__ import annotations

from crosslate.service.logs.recurring import CALM_S, EVERY_S, Episode, Recurring


def test_a_failure_that_goes_on_is_told_at_once_and_then_once_a_minute() -> None:
    now = 5.0
    recurring = Recurring(lambda: now)
    told = []
    for _ in range(150):
        told.append(recurring.count())
        now += EVERY_S / 60
    assert [(i, count) for i, count in enumerate(told) if count] == [(0, 1), (60, 60), (120, 60)]


def test_an_end_is_told_once_and_not_of_a_failure_that_only_pauses() -> None:
    now = 5.0
    recurring = Recurring(lambda: now)
    assert recurring.ended() is None
    for failed_at in (10.0, 12.0, 12.0 + CALM_S / 2):
        now = failed_at
        recurring.count()
        assert recurring.ended() is None
    now += CALM_S
    assert recurring.ended() == Episode(3, 2.0 + CALM_S / 2)
    assert recurring.ended() is None
    assert recurring.count() == 1  # the next is told at once
