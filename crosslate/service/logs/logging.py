"""Structured logs: one JSON object a line, or plain text on a terminal. Never a user's text or key."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from typing import Any, Literal, TextIO, cast

import structlog

from crosslate.service.logs.log_relay import SocketStream
from crosslate.service.logs.printable import printable
from crosslate.service.settings.config import LogSettings

_ENGINES = ("crosslate.models", "crosslate.service.deployment.remote_engine")
"""The loggers of the engines in this process, and of those that are asked in another."""
_MAX_FRAMES = 12
_LONGEST_REASON = 500
_CLOCK = "%Y-%m-%d %H:%M:%S"


Logger = structlog.typing.FilteringBoundLogger


def resolve_format(settings: LogSettings, stream: TextIO) -> Literal["json", "console"]:
    """The format for this stream, where the settings leave it open."""
    if settings.format == "auto":
        return "console" if stream.isatty() else "json"
    return settings.format


def create_logger(settings: LogSettings, stream: TextIO | None = None) -> Logger:
    """A logger that writes to `stream`; by default to the socket of the settings, or to standard error."""
    output = stream or (SocketStream(settings.socket) if settings.socket else sys.stderr)
    is_json = resolve_format(settings, stream or sys.stderr) == "json"
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    logger: Logger = structlog.wrap_logger(
        _Lines(cast("TextIO", output)),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso" if is_json else _CLOCK, utc=is_json),
            _escape_values,
            _as_json if is_json else _as_text,
        ],
        cache_logger_on_first_use=True,
    )
    return logger


class _Lines:
    """What is under a `Logger`: writes its lines, and sends them at once only where one tells of an error.

    Such a line may be the last of its process. `structlog.WriteLogger` sends every one.
    """

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._lock = threading.Lock()

    def info(self, line: str) -> None:
        """Write it; the stream sends it when it likes."""
        with self._lock:
            self._output.write(f"{line}\n")

    debug = warning = info

    def error(self, line: str) -> None:
        """Write it, and send all there is."""
        self.info(line)
        self._output.flush()

    critical = error


class _StructuredHandler(logging.Handler):
    """Lines of the standard `logging`, with tracebacks, as events of a `Logger`."""

    def __init__(self, logger: Logger, *, failure: str, warning: str) -> None:
        super().__init__(logging.WARNING)
        self._logger = logger
        self._failure, self._warning = failure, warning

    def emit(self, record: logging.LogRecord) -> None:
        """One line. An engine knows token ids, not texts, so that its messages may be shown."""
        try:
            fields: dict[str, Any] = {"logger": record.name, "message": record.getMessage()}
            error = record.exc_info[1] if record.exc_info else None
            if error is not None:
                fields |= told_of(error)
            write = self._logger.error if record.levelno >= logging.ERROR else self._logger.warning
            write(self._warning if error is None else self._failure, **fields)
        except Exception:  # as logging has it: a line that cannot be written ends nothing
            self.handleError(record)


def log_engines(logger: Logger) -> logging.Handler:
    """From now on what the engines of this process log goes to `logger`; the handler that does it."""
    handler = _StructuredHandler(logger, failure="engine_failed", warning="engine_warning")
    for name in _ENGINES:
        logging.getLogger(name).addHandler(handler)
    return handler


def log_libraries(logger: Logger) -> logging.Handler:
    """From now on what anybody in this process warns of goes to `logger`; the handler that does it."""
    handler = _StructuredHandler(logger, failure="library_failed", warning="library_warning")
    logging.getLogger().addHandler(handler)
    return handler


def log_failed_load(logger: Logger, model_id: str, error: Exception) -> None:
    """A model that does not load, or does not answer once it has. There is no text of a user's yet."""
    logger.error("model_failed", model=model_id, **told_of(error))


def told_of(error: BaseException) -> dict[str, object]:
    """What an exception is, why, and where it came from: for a log, if its message may be shown."""
    return {
        "exception": type(error).__name__,
        "reason": str(error)[:_LONGEST_REASON],
        "frames": _frames(error),
    }


def _frames(error: BaseException) -> list[str]:
    """Where it came from, the innermost last."""
    found = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    return found[-_MAX_FRAMES:]


def _escape_values(
    logger: structlog.typing.WrappedLogger, name: str, fields: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """In JSON too: whoever looks at one field prints it, decoded, on a terminal."""
    return {
        key: value if isinstance(value, str) and value.isprintable() else _escaped(value)
        for key, value in fields.items()
    }


def _escaped(value: Any) -> Any:  # noqa: ANN401  (whatever JSON can hold)
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    if isinstance(value, dict):
        return {printable(str(key)): _escaped(item) for key, item in value.items()}
    return value


_JSON = json.JSONEncoder(ensure_ascii=False, default=repr)
"""Made once: `structlog`'s renderer makes one for each line."""


def _as_json(logger: structlog.typing.WrappedLogger, name: str, fields: structlog.typing.EventDict) -> str:
    return _JSON.encode(fields)


def _as_text(logger: structlog.typing.WrappedLogger, name: str, fields: structlog.typing.EventDict) -> str:
    """In the order in which the fields were given; the level only where it is worth a look."""
    clock, level, event = (fields.pop(key) for key in ("timestamp", "level", "event"))
    marked = [] if level == "info" else [level]
    shown = (f"{key}={_text_of(value)}" for key, value in fields.items() if value is not None)
    return " ".join([clock, *marked, event, *shown])


def _text_of(value: object) -> str:
    if not isinstance(value, str):
        return _JSON.encode(value)
    is_word = value and not set(value) & set(' "=')
    return value if is_word else '"{}"'.format(value.replace('"', r"\""))


def log_defect(logger: Logger, request_id: str, error: Exception) -> None:
    """An exception that is our fault: where, but not what, for its message may quote the user's text."""
    logger.error(
        "request_failed", request_id=request_id, exception=type(error).__name__, frames=_frames(error)
    )
