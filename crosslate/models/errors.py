"""Errors of the model layer. Each message says what was wrong, where, and what to do."""

from __future__ import annotations


class CheckpointError(ValueError):
    """A model that cannot be loaded: missing, unknown or mis-shaped parts, an unsupported family."""


class EngineError(Exception):
    """A request that the engine did not answer."""


class RequestTooLongError(EngineError):
    """The source, or a target that the user brought, has more tokens than the model or the engine takes."""

    def __init__(self, num_tokens: int, max_tokens: int, part: str = "source") -> None:
        super().__init__(
            f"the {part} has {num_tokens} tokens, the model takes at most {max_tokens}: split the text"
        )
        self.num_tokens, self.max_tokens, self.part = num_tokens, max_tokens, part

    def __reduce__(self) -> tuple[type[RequestTooLongError], tuple[object, ...]]:
        return type(self), (self.num_tokens, self.max_tokens, self.part)  # it crosses process borders


class SourceTooLargeError(RequestTooLongError):
    """The source is within what the model takes, but not within the memory that the engine may use."""

    def __init__(self, num_tokens: int, max_tokens: int, num_lanes: int = 1) -> None:
        super().__init__(num_tokens, max_tokens)
        beams = f" with {num_lanes} beams or samples" if num_lanes > 1 else ""
        self.args = (
            f"the source has {num_tokens} tokens, at most {max_tokens} fit{beams} into the memory that this "
            "engine may use (max_cache_bytes): split the text",
        )
        self.num_lanes = num_lanes

    def __reduce__(self) -> tuple[type[SourceTooLargeError], tuple[object, ...]]:
        return type(self), (self.num_tokens, self.max_tokens, self.num_lanes)


class InvalidParamsError(EngineError):
    """Generation parameters that contradict each other or that the model cannot follow."""


class QueueFullError(EngineError):
    """The waiting queue is full; `retry_after_s` estimates when a place is free."""

    def __init__(self, num_waiting: int, retry_after_s: float) -> None:
        super().__init__(f"{num_waiting} requests are waiting already; retry in {retry_after_s:.0f} s")
        self.num_waiting = num_waiting
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[type[QueueFullError], tuple[int, float]]:
        return type(self), (self.num_waiting, self.retry_after_s)


class DrainingError(EngineError):
    """The engine is shutting down and takes no new requests."""


class DeadlineExceededError(EngineError):
    """The request's time limit passed; its slot is free again."""


class EngineUnavailableError(EngineError):
    """No engine of the model steps any more: it has crashed or hangs. Another replica may answer."""


class RequestFailedError(EngineError):
    """The model failed on this request (a defect, not the caller's fault)."""
