from __future__ import annotations

from crosslate.service.recurring import EVERY_S, Recurring


def test_a_failure_that_goes_on_is_told_at_once_and_then_once_a_minute() -> None:
    now = 5.0
    recurring = Recurring(lambda: now)
    told = []
    for _ in range(150):
        told.append(recurring.count())
        now += EVERY_S / 60
    assert [(i, count) for i, count in enumerate(told) if count] == [(0, 1), (60, 60), (120, 60)]
