from __future__ import annotations

import os
import signal

import pytest

from crosslate.service.signals import Signals


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_interrupts_what_starts_and_only_once(number: int) -> None:
    before = signal.getsignal(number)
    with Signals() as signals:
        with pytest.raises(KeyboardInterrupt):
            send(number)
        send(number)  # while the first is being seen to
        assert signals.wait(0)
    assert signal.getsignal(number) is before


def test_what_serves_waits_for_its_end_and_what_drains_can_be_interrupted() -> None:
    with Signals() as signals:
        with signals.noted():
            send(signal.SIGHUP)
            assert signals.wait_for_reload()
            send(signal.SIGTERM)
            assert not signals.wait_for_reload()
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)
        send(signal.SIGINT)


def test_other_settings_may_be_asked_for_before_it_serves() -> None:
    with Signals() as signals:
        send(signal.SIGHUP)
        assert not signals.wait(0)
        assert signals.wait_for_reload()
