from __future__ import annotations

import asyncio

import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.late_failures import LateFailures

TIMEOUT = ServiceError("timeout", "Send less.")
ONE, OTHER = b"one", b"other"


async def test_who_asks_the_same_again_hears_of_it() -> None:
    failures = LateFailures(keep_s=60.0)
    failures.keep(ONE, TIMEOUT)
    for _ in range(2):
        with pytest.raises(ServiceError, match="Send less"):
            failures.check(ONE)
    failures.check(OTHER)


@pytest.mark.parametrize(
    ("code", "is_kept"),
    [
        ("timeout", True),
        ("unsupported_language_pair", True),
        ("text_too_long", True),
        ("loading", False),
        ("internal_error", False),
        ("store_unavailable", False),
    ],
)
async def test_what_may_succeed_is_done_again(code: str, is_kept: bool) -> None:
    failures = LateFailures(keep_s=60.0)
    failures.keep(ONE, ServiceError(code, "Why."))
    assert len(failures) == is_kept


async def test_a_failure_is_forgotten() -> None:
    failures = LateFailures(keep_s=0.0)
    failures.keep(ONE, TIMEOUT)
    await asyncio.sleep(0.01)
    failures.check(ONE)
    assert len(failures) == 0


async def test_what_fails_once_more_is_kept_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = LateFailures(keep_s=60.0)
    loop, timers = asyncio.get_running_loop(), []
    monkeypatch.setattr(loop, "call_later", lambda delay, *call: timers.append(call))
    failures.keep(ONE, TIMEOUT)
    failures.keep(ONE, ServiceError("timeout", "Send much less."))
    forget, *args = timers[0]
    forget(*args)
    with pytest.raises(ServiceError, match="much less"):
        failures.check(ONE)
    forget, *args = timers[1]
    forget(*args)
    assert len(failures) == 0
