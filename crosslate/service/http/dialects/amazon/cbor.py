"""CBOR (RFC 8949) as far as Smithy's RPC v2 has it, which new AWS SDKs speak instead of JSON."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG, _OTHER = range(8)
"""The major types (section 3.1)."""
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}
"""Bytes of an argument that does not fit into the first one."""
_INDEFINITE, _BREAK = 31, 0xFF
_SIMPLE: Mapping[int, bool | None] = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_TIME = 1
"""The tag of seconds since 1970."""
_MAX_DEPTH = 32


def read_cbor(content: bytes) -> Any:  # noqa: ANN401  (whatever was sent)
    """The value that these bytes are. A time comes as its number of seconds.

    Raises:
        ValueError: they are none, or something follows it, a key is no text, or a tag is none of a time.
    """
    reader = _Reader(content)
    value = reader.value(_MAX_DEPTH)
    if reader.at != len(content):
        raise ValueError("something follows the value")
    return value


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0
        self._kinds: Sequence[Callable[[int, int], Any]] = (
            lambda info, depth: self._number(info),
            lambda info, depth: -1 - self._number(info),
            lambda info, depth: self._string(_BYTES, info),
            lambda info, depth: _text(self._string(_TEXT, info)),
            lambda info, depth: [self.value(depth) for _ in self._items(info)],
            lambda info, depth: dict(self._member(depth) for _ in self._items(info)),
            self._tagged,
            lambda info, depth: self._other(info),
        )
        """By the major types."""

    def value(self, depth: int) -> Any:  # noqa: ANN401
        if depth == 0:
            raise ValueError("nested too deeply")
        kind, info = divmod(self._take(1)[0], 32)
        return self._kinds[kind](info, depth - 1)

    def _take(self, count: int) -> bytes:
        taken = self._content[self.at : self.at + count]
        if len(taken) < count:
            raise ValueError("ends too early")
        self.at += count
        return taken

    def _number(self, info: int) -> int:
        if info < 24:
            return info
        if info not in _SIZES:
            raise ValueError("has no length where one is needed")
        return int.from_bytes(self._take(_SIZES[info]))

    def _string(self, kind: int, info: int) -> bytes:
        """In one piece or, where no length is given, in several of the same kind."""
        if info != _INDEFINITE:
            return self._take(self._number(info))
        pieces: list[bytes] = []
        while (first := self._take(1)[0]) != _BREAK:
            if first // 32 != kind:
                raise ValueError("a string has a piece of another kind")
            pieces.append(self._take(self._number(first % 32)))
        return b"".join(pieces)

    def _items(self, info: int) -> Iterator[None]:
        """As often as there is another item to read."""
        if info != _INDEFINITE:
            yield from (None for _ in range(self._number(info)))
            return
        while self._content[self.at : self.at + 1] != bytes([_BREAK]):
            yield
        self.at += 1

    def _member(self, depth: int) -> tuple[str, Any]:
        name = self.value(depth)
        if not isinstance(name, str):
            raise ValueError("a member's name is no text")
        return name, self.value(depth)

    def _tagged(self, info: int, depth: int) -> int | float:
        if self._number(info) == _TIME and isinstance(value := self.value(depth), int | float):
            return value
        raise ValueError("has a tag that is none of a time")

    def _other(self, info: int) -> float | bool | None:
        if info in _FLOATS:
            (number,) = struct.unpack(_FLOATS[info], self._take(_SIZES[info]))
            return float(number)
        if info not in _SIMPLE:
            raise ValueError("has a value of an unknown kind")
        return _SIMPLE[info]


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValueError("has a text that is not in UTF-8") from None


def write_cbor(value: object) -> bytes:
    """Of mappings by text, sequences, texts, bytes, numbers, truth values, None, and times with a zone."""
    if isinstance(value, Mapping):
        members = (write_cbor(name) + write_cbor(item) for name, item in value.items())
        return _head(_MAP, len(value)) + b"".join(members)
    if isinstance(value, str | bytes):
        content = value.encode() if isinstance(value, str) else value
        return _head(_TEXT if isinstance(value, str) else _BYTES, len(content)) + content
    if isinstance(value, Sequence):
        return _head(_LIST, len(value)) + b"".join(map(write_cbor, value))
    if isinstance(value, datetime):
        return _head(_TAG, _TIME) + write_cbor(value.timestamp())
    return _written(value)


def _written(value: object) -> bytes:
    if value is None or isinstance(value, bool):
        return _head(_OTHER, next(info for info, simple in _SIMPLE.items() if simple is value))
    if isinstance(value, int):
        return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    if isinstance(value, float):
        return bytes([_OTHER * 32 + 27]) + struct.pack(_FLOATS[27], value)
    raise TypeError(f"{type(value)} is not written in CBOR here")


def _head(kind: int, number: int) -> bytes:
    """The first byte, with what does not fit into it behind."""
    if number < 24:
        return bytes([kind * 32 + number])
    info = next(info for info, size in _SIZES.items() if number < 256**size)
    return bytes([kind * 32 + info]) + number.to_bytes(_SIZES[info])
