"""The `crosslate` command, also as `python -m crosslate`, up to and including Ctrl-C at any moment."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from typing import NoReturn

INTERRUPTED = 130
"""The exit status of what SIGINT has ended, as shells count it."""
_STOPPED = "\ncrosslate: stopped"
_STDERR = 2


def _stop_at_once(number: int, frame: object) -> NoReturn:
    """Before there is anything to put away: an exception might be dropped in the middle of an import."""
    os.write(_STDERR, f"{_STOPPED}\n".encode())
    os._exit(INTERRUPTED)


def _hold_reloads() -> None:
    """SIGHUP waits until there is somebody to hear it (`Signals`): it would end a service that only begins.

    Where there is a terminal, it may say that this has gone.
    """
    if sys.argv[1:2] == ["serve"] and not os.isatty(_STDERR):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


def main() -> NoReturn:
    """Run the command and end the process.

    It waits neither for threads, one of which may be in the middle of loading a model, nor for what libraries
    do at the end of a process: Ray asks processes that are gone by then. What a command has to put away is
    away when it returns, raises or is interrupted.
    """
    _hold_reloads()
    status: object = 0
    is_told = False
    is_heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_heeded:
        signal.signal(signal.SIGINT, _stop_at_once)
    try:
        from crosslate.service.commands.cli import main as command
        from crosslate.service.process.lost_interrupts import ending_interrupts

        with ending_interrupts() if is_heeded else contextlib.nullcontext():
            command()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except SystemExit as end:
        status = end.code
        is_told = type(end) is not SystemExit  # but a `ToldExit`, which is not imported yet
    except BaseException:
        # Not left to `sys.excepthook`: Ray's waits for processes that are gone.
        status = 1
        with contextlib.suppress(OSError, ValueError):
            traceback.print_exc()
    if status == INTERRUPTED and not is_told:
        with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
            print(_STOPPED, file=sys.stderr)
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None where it was closed before the start
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or 1  # nobody reads it any more
    os._exit(status if isinstance(status, int) else int(status is not None))


if __name__ == "__main__":
    main()
