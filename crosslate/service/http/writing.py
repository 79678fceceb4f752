"""Writing answers as JSON: large ones beside the event loop, in steps between which the loop has its turn.

A matrix at its limit is 43 MB of base64. Pydantic would copy it three times, each time in one call that no
other thread gets a turn in: together most of a second in which the service stood still.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator

import numpy as np
from pydantic_core import to_json

from crosslate.models.arrays import FloatArray

_STEP = 3 * 2**16
"""Bytes that are encoded at a time, in a third of a millisecond; a multiple of three needs no padding."""


def base64_of(matrix: FloatArray) -> str:
    """Base64 of little-endian float16, row-major."""
    content = np.ascontiguousarray(matrix, dtype="<f2").reshape(-1).view(np.uint8).data
    steps = [base64.b64encode(content[at : at + _STEP]) for at in range(0, len(content), _STEP)]
    return b"".join(steps).decode("ascii")


class Apart:
    """Long strings that are left out while JSON is written, and put in afterwards.

    It is the context of a model's serialization; its fields hand over what is long.
    """

    def __init__(self) -> None:
        self._mark = ""
        self._left_out: list[str] = []

    def leave_out(self, text: str) -> str:
        """What stands in its place meanwhile."""
        self._left_out.append(text)
        self._mark = self._mark or secrets.token_urlsafe(16)  # which nothing that a client sends can have
        return self._mark

    def put_in(self, content: bytes) -> bytes:
        """With what was left out, in the order in which it was."""
        if not self._left_out:
            return content
        first, *others = content.split(self._mark.encode("ascii"))
        pieces = [first]
        for text, after in zip(self._left_out, others, strict=True):
            pieces.extend(_steps(text))
            pieces.append(after)
        return b"".join(pieces)


def _steps(text: str) -> Iterator[bytes]:
    for at in range(0, len(text), _STEP):
        yield text[at : at + _STEP].encode("ascii")


def json_of(answer: object) -> bytes:
    """Pydantic's models, and whatever holds some, as JSON."""
    apart = Apart()
    return apart.put_in(to_json(answer, context=apart))
