"""Structured logs: one JSON object a line, or plain text on a terminal. Never a user's text or key."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any, Literal, Protocol, TextIO, cast

import structlog

from service.config import LogSettings
from service.log_relay import SocketStream


class Logger(Protocol):
    """What the service needs of a logger: an event's name and its fields."""

    def debug(self, event: str, **fields: Any) -> None:  # noqa: ANN401  (whatever JSON can hold)
        """For finding faults."""
        ...

    def info(self, event: str, **fields: Any) -> None:  # noqa: ANN401
        """For every day."""
        ...

    def warning(self, event: str, **fields: Any) -> None:  # noqa: ANN401
        """Something to look at."""
        ...

    def error(self, event: str, **fields: Any) -> None:  # noqa: ANN401
        """Something to mend."""
        ...


def resolve_format(settings: LogSettings, stream: TextIO) -> Literal["json", "console"]:
    """The format for this stream, where the settings leave it open."""
    if settings.format == "auto":
        return "console" if stream.isatty() else "json"
    return settings.format


def create_logger(settings: LogSettings, stream: TextIO | None = None) -> Logger:
    """A logger that writes to `stream`; by default to the socket of the settings, or to standard error."""
    output = stream or (SocketStream(settings.socket) if settings.socket else sys.stderr)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if resolve_format(settings, stream or sys.stderr) == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    logger = structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", output)),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        cache_logger_on_first_use=True,
    )
    return cast("Logger", logger)


def log_defect(logger: Logger, request_id: str, error: Exception) -> None:
    """An exception that is our fault: where, but not what, for its message may quote the user's text."""
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    logger.error("request_failed", request_id=request_id, exception=type(error).__name__, frames=frames[-12:])
