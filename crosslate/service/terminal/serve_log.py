"""What `crosslate serve` says itself: text for people, or JSON where its replicas' lines are JSON, too."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import TextIO, cast

from crosslate.service.logs.logging import create_logger, log_libraries, resolve_format, told_of
from crosslate.service.logs.printable import printable
from crosslate.service.process.lost_interrupts import INTERRUPTED
from crosslate.service.process.signals import ToldExit
from crosslate.service.settings.config import LogSettings


class ServeLog:
    """Lines on standard error, in the form of the log.

    The level of the settings is for what replicas log: a start and an end are told of at every level.

    Args:
        settings: the form of the log.
    """

    def __init__(self, settings: LogSettings) -> None:
        self.is_json = resolve_format(settings, sys.stderr) == "json"
        self._logger = create_logger(LogSettings(format="json"), cast("TextIO", _StandardError()))

    def say(self, event: str, text: str, **fields: object) -> None:
        """Tell of something at once.

        Args:
            event: its name in JSON.
            text: all that people read.
            fields: what programs read besides.
        """
        if self.is_json:
            self._logger.info(event, message=text, **fields)
        else:
            _write_line(text)

    def alert(self, event: str, text: str, **fields: object) -> None:
        """As `say`, of what somebody should look at."""
        if self.is_json:
            self._logger.warning(event, message=text, **fields)
        else:
            _write_line(text)

    def fail(self, text: str, error: BaseException, *, with_frames: bool) -> None:
        """Tell what ends the command."""
        if self.is_json:
            frames = {"frames": told_of(error)["frames"]} if with_frames else {}
            self._logger.error("failed", message=text, exception=type(error).__name__, **frames)
        else:
            _write_line(f"crosslate: {printable(text)}")

    @contextlib.contextmanager
    def telling_of_stop(self) -> Iterator[None]:
        """A signal that ends the block is told of in JSON; what is text, the command says itself.

        Raises:
            ToldExit: in place of the `KeyboardInterrupt`, where it was told.
        """
        try:
            yield
        except KeyboardInterrupt:
            if not self.is_json:
                raise
            self._logger.warning("stopped", message="Stopped by a signal.")
            raise ToldExit(INTERRUPTED) from None

    @contextlib.contextmanager
    def taking_logs(self) -> Iterator[None]:
        """Inside the block, what libraries warn of in this process has the same form."""
        if not self.is_json:
            yield
            return
        handler = log_libraries(self._logger)
        logging.captureWarnings(True)
        try:
            yield
        finally:
            logging.captureWarnings(False)
            logging.getLogger().removeHandler(handler)


def _write_line(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class _StandardError:
    """Whatever stands for standard error now; each line goes out at once."""

    def write(self, line: str) -> None:
        sys.stderr.write(line)
        sys.stderr.flush()

    def flush(self) -> None:
        sys.stderr.flush()
