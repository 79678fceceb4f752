from __future__ import annotations

import subprocess
import sys

_DROPPED = """
import contextlib, signal, sys, time

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
from crosslate.service.commands import cli

def drop():
    with contextlib.suppress(KeyboardInterrupt):  # as what is written in C does, around an import
        signal.raise_signal(signal.SIGINT)
        time.sleep(60)

def put_away():
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        time.sleep(1.5)  # longer than a lost one is waited for
        print("away", flush=True)

def hold():
    while True:
        drop()

cli.main = {"drop": lambda: (drop(), time.sleep(60)), "put away": put_away, "hold": hold}[sys.argv[1]]
from crosslate.__main__ import main
main()
"""


def ended(what: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", _DROPPED, what], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


def test_an_interrupt_that_a_library_drops_comes_again() -> None:
    assert ended("drop") == (130, "", "\ncrosslate: stopped\n")


def test_what_an_interrupt_has_put_away_is_not_interrupted_by_another() -> None:
    assert ended("put away") == (130, "away\n", "\ncrosslate: stopped\n")


def test_where_all_of_them_are_dropped_the_process_ends() -> None:
    assert ended("hold") == (130, "", "\ncrosslate: stopped\n")
