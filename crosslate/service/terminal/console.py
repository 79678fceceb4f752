"""What the commands share: reading text, telling about progress, reporting failures."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from crosslate.models.errors import CheckpointError, EngineError
from crosslate.service.errors import ServiceError, ToldError
from crosslate.service.logs.printable import one_line, printable

if TYPE_CHECKING:
    from rich.status import Status
    from typer._click import Context

    from crosslate.service.terminal.serve_log import ServeLog

DEBUG_KEY = "crosslate.debug"
LOG_KEY = "crosslate.log"
"""Where a command leaves the `ServeLog` that its failure belongs in."""

_HINTS = {"unsupported_language_pair": " `crosslate models --for FROM-TO` lists models for others."}
"""What a person at a terminal can do, and who asks a service cannot."""
_SHORT_OF_MEMORY = ("failed to map segment", "can't allocate memory", "annot allocate memory")
"""Of the dynamic loader, of PyTorch and of the system."""
_TERMINAL_DELAY_S = 0.3
_PLAIN_DELAY_S = 2.0


class CommandError(ToldError):
    """A failure of a command itself."""


class UsageError(CommandError):
    """A command line that asks for something impossible: exit status 2."""


class ReportingGroup(TyperGroup):
    """Commands whose failures end as one line on standard error and exit status 1.

    With `--debug` the traceback comes first. Typer's own usage errors keep their status 2.
    """

    def invoke(self, ctx: Context) -> object:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except TyperException as error:
            error.message = error.message.removeprefix("Value error, ")
            raise
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if is_interrupt(error):
                raise KeyboardInterrupt from None
            _report(error, ctx)
            raise typer.Exit(2 if isinstance(error, UsageError) else 1) from None


def _report(error: Exception, ctx: Context) -> None:
    with_frames = bool(ctx.meta.get(DEBUG_KEY))
    log: ServeLog | None = ctx.meta.get(LOG_KEY)
    if with_frames and not (log and log.is_json):
        traceback.print_exc(file=sys.stderr)
    if log:
        log.fail(describe(error), error, with_frames=with_frames)
    else:
        typer.echo(f"crosslate: {printable(describe(error))}", err=True)


def is_interrupt(error: BaseException) -> bool:
    """Whether it is what a library makes of Ctrl-C: pydantic tells of one in the middle of an import so."""
    lines = str(error).strip().splitlines()
    is_named = bool(lines) and lines[-1].strip().startswith(f"{KeyboardInterrupt.__name__}:")
    return is_named or isinstance(error.__cause__, KeyboardInterrupt)


def describe(error: BaseException) -> str:
    """One line for the person at the terminal."""
    if isinstance(error, BaseExceptionGroup):
        return describe(error.exceptions[0])
    if isinstance(error, ServiceError):
        return one_line(error.detail) + _HINTS.get(error.code, "")
    if isinstance(error, (ToldError, CheckpointError, EngineError)):
        return one_line(str(error))
    if is_short_of_memory(error):
        said = one_line(str(error) or type(error).__name__)
        return f"there is too little memory for it, or for one process (ulimit -v): {said}"
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return one_line(f"{error.strerror}{where}")
    # What others raise can be a page; its last line says most.
    last = (str(error).strip().splitlines() or ["no message"])[-1]
    return f"unexpected {type(error).__name__}: {last.strip()} (run again with --debug for the traceback)"


def is_short_of_memory(error: BaseException) -> bool:
    """Whether it would not have come with more of it."""
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _SHORT_OF_MEMORY)


def remember_debug(ctx: typer.Context, value: bool) -> bool:
    """The callback of `--debug`, before and after the command's name."""
    if value:
        ctx.meta[DEBUG_KEY] = True
    return value


def read_text(argument: str | None) -> str:
    """The text of an argument, or all of standard input where it is absent or `-`.

    Raises:
        CommandError: the text is not UTF-8.
    """
    if argument is not None and argument != "-":
        return _checked_argument(argument)
    if sys.stdin.isatty():
        typer.echo("Reading standard input; end it with Ctrl-D.", err=True)
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(
            f"standard input is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}; "
            "convert it first, for example with `iconv -f latin1 -t utf-8`"
        ) from None


def _checked_argument(text: str) -> str:
    """Bytes that were not UTF-8 reach Python as lone surrogates (PEP 383)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CommandError(
            f"the argument is not UTF-8 at character {error.start}; "
            "set a UTF-8 locale, or send the text on standard input"
        ) from None
    return text


def check_writable(path: Path, hint: str) -> None:
    """Better known before the work than after it.

    Raises:
        CommandError: no such file can be written; `hint` says what to do.
    """
    if path.is_dir():
        raise CommandError(f"{path} cannot be written, for it is a folder: {hint}")
    if not path.parent.is_dir():
        raise CommandError(f"{path} cannot be written, for there is no folder {path.parent}: {hint}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise CommandError(f"{path} cannot be written, for lack of permission: {hint}")


def write_text(text: str) -> None:
    """Print a result, ending the line only where the result does not; of nothing comes nothing.

    Raises:
        CommandError: standard output cannot be written; where only nobody reads it, the status says so.
    """
    if sys.stdout is None:
        raise CommandError("standard output is closed: there is no place for the result")
    try:
        typer.echo(text, nl=bool(text) and not text.endswith("\n"))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CommandError(f"standard output cannot be written: {error.strerror}") from None


@contextmanager
def progress(message: str) -> Iterator[Callable[[str], None]]:
    """Tell on standard error what is going on, if it goes on long enough to wonder.

    Yields a function that replaces the message. A terminal gets a spinner; anything else a line
    after two seconds, and another for each later message that lasts as long.
    """
    reporter = _Progress(message)
    reporter.start()
    try:
        yield reporter.update
    finally:
        reporter.stop()


class _Progress:
    """Silent until its delay has passed, so that quick commands print nothing."""

    def __init__(self, message: str) -> None:
        self._message = message
        self._is_terminal = sys.stderr.isatty()
        self._lock = threading.Lock()
        self._is_stopped = False
        self._status: Status | None = None
        self._timer = self._new_timer()

    def start(self) -> None:
        self._timer.start()

    def update(self, message: str) -> None:
        with self._lock:
            self._message = message
            if self._status is not None:
                self._status.update(_line(message))
            elif not self._timer.is_alive():
                self._timer = self._new_timer()
                self._timer.start()

    def stop(self) -> None:
        with self._lock:
            self._is_stopped = True
            self._timer.cancel()
            if self._status is not None:
                self._status.stop()

    def _new_timer(self) -> threading.Timer:
        timer = threading.Timer(_TERMINAL_DELAY_S if self._is_terminal else _PLAIN_DELAY_S, self._show)
        timer.daemon = True
        return timer

    def _show(self) -> None:
        with self._lock:
            if self._is_stopped:
                return
            if self._is_terminal:
                self._status = _spinner(_line(self._message))
            else:
                typer.echo(f"{printable(self._message)} …", err=True)


def _line(message: str) -> str:
    """For a spinner, which would take brackets for markup."""
    from rich.markup import escape

    return escape(printable(message))


def _spinner(message: str) -> Status:
    from rich.console import Console

    status = Console(stderr=True).status(message)
    status.start()
    return status
