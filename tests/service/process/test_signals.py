from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable

import pytest

from crosslate.service.process.signals import Signals


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


def test_two_sigterm_in_one_moment_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor sends it to all processes of a service, and `uv run` passes its own on to this one."""
    with Signals() as signals:
        with signals.noted():
            send(signal.SIGTERM)
        send(signal.SIGTERM)  # what is under way is finished
        monkeypatch.setattr("crosslate.service.process.signals._SAME_S", 0.0)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGTERM)


def test_other_settings_may_be_asked_for_before_it_serves() -> None:
    with Signals() as signals:
        send(signal.SIGHUP)
        assert not signals.wait(0)
        assert signals.wait_for_reload()


_PRESSED_TWICE = """
import signal, sys, threading
from crosslate.service.process.signals import Signals

def press_after(num_lines):
    def trace(frame, event, _):
        nonlocal num_lines
        num_lines -= event == "line"
        if num_lines == 0:
            signal.raise_signal(signal.SIGINT)
        return trace
    return trace

with Signals() as signals, signals.noted():
    threading.Timer(0.01, signal.pthread_kill, [threading.get_ident(), signal.SIGINT]).start()
    sys.settrace(press_after(int(sys.argv[1])))
    assert not signals.wait_for_reload() and signals.wait()
"""


@pytest.mark.parametrize("num_lines", [4, 8, 12])
def test_a_signal_in_the_middle_of_another_does_not_wait_for_it(num_lines: int) -> None:
    """Nor for what waits: two Ctrl-C in one moment, the second so many lines of Python later."""
    subprocess.run([sys.executable, "-c", _PRESSED_TWICE, str(num_lines)], check=True, timeout=60)


_AT_TERMINAL = """
import fcntl, sys, termios
from crosslate.service.process.signals import Signals

fcntl.ioctl(0, termios.TIOCSCTTY, 0)

with Signals() as signals:
    print("starts", flush=True)
    if sys.argv[1] == "serves":
        with signals.noted():
            print("serves", flush=True)
            while signals.wait_for_reload():
                print("reads", flush=True)
            print("finishes", file=sys.stderr, flush=True)
            sys.exit(3)
    while not signals.wait(60):
        pass
"""


@pytest.mark.parametrize(("moment", "status"), [("starts", -signal.SIGINT), ("serves", 3)])
def test_a_terminal_that_is_closed_ends_what_was_started_there(moment: str, status: int) -> None:
    """SIGHUP alone only has the settings read, at a terminal, too."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _AT_TERMINAL, moment],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        start_new_session=True,
        text=True,
    )
    os.close(slave)
    assert process.stdout is not None
    with process.stdout as said:
        while said.readline() != f"{moment}\n":
            pass
        if moment == "serves":
            process.send_signal(signal.SIGHUP)
            assert said.readline() == "reads\n"
        os.close(master)
        assert process.wait(60) == status


def test_an_interrupt_that_python_drops_comes_again() -> None:
    def send_sigint(_: object) -> None:
        send(signal.SIGINT)
        raise AssertionError("it came too late")  # handlers run at the end of a call

    with Signals() as signals:
        with pytest.raises(KeyboardInterrupt):
            _drop_and_wait(send_sigint)
        send(signal.SIGINT)  # no third one
        assert signals.wait(0)


class _Referred:
    pass


def _drop_and_wait(callback: Callable[[object], object]) -> None:
    """What a callback for a weak reference raises goes nowhere."""
    referred = _Referred()
    reference = weakref.ref(referred, callback)
    del referred
    assert reference() is None
    time.sleep(60)


_INTERRUPTED_IMPORT = """
import os, signal, sys, weakref

module = sys.argv.pop(1)
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background

class Referred:
    pass

class Finder:
    def find_spec(self, name, *_):
        if name == module:
            referred = Referred()
            reference = weakref.ref(referred, lambda _: os.kill(os.getpid(), signal.SIGINT))
            del referred

sys.meta_path.insert(0, Finder())
from crosslate.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["crosslate.service.commands.cli", "crosslate.service.terminal.stages"])
def test_an_interrupt_in_the_middle_of_an_import_ends_the_command(module: str) -> None:
    """Of what every command needs, and of what one needs."""
    command = [sys.executable, "-c", _INTERRUPTED_IMPORT, module, "serve", "./nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 130
    assert done.stderr.endswith("\ncrosslate: stopped\n")
    assert "Traceback" not in done.stderr


def test_an_end_does_not_wait_for_work() -> None:
    """As where a changed setting names a model that is fetched for minutes: requests are to be finished."""
    is_over = threading.Event()
    with Signals() as signals, signals.noted():
        threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
        assert not signals.wait_for_work(is_over.wait)
        is_over.set()
        assert not signals.wait_for_reload(), "and it ends"


def test_work_that_ends_or_fails_is_waited_for() -> None:
    with Signals() as signals:
        assert signals.wait_for_work(lambda: None)
        with pytest.raises(ZeroDivisionError):
            signals.wait_for_work(lambda: 1 / 0)


_EARLY = """
import os, signal
import crosslate.service.deployment.deployment as deployment
from crosslate.service.process.signals import Signals

def run(*_):
    os.kill(os.getpid(), signal.SIGHUP)
    with Signals() as signals, signals.noted():
        print(signals.wait_for_reload(), flush=True)

deployment.run = run
from crosslate.__main__ import main
main()
"""


def test_a_reload_that_is_asked_for_as_the_command_begins_is_heard_later() -> None:
    """Of a supervisor that starts a service and changes its settings at once. It would end it by default."""
    done = subprocess.run(
        [sys.executable, "-c", _EARLY, "serve"], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
