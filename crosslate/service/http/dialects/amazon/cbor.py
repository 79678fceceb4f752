"""CBOR (RFC 8949) as far as Smithy's RPC v2 has it, which new AWS SDKs speak instead of JSON."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cbor2

_TIME = 1
"""The tag of seconds since 1970."""
_MAX_DEPTH = 32


def read_cbor(content: bytes) -> Any:  # noqa: ANN401  (whatever was sent)
    """The value that these bytes are. A time comes as its number of seconds, what is undefined as None.

    Raises:
        ValueError: they are none, or something follows it, a key is no text, or a tag is none of a time.
    """
    stream = io.BytesIO(content)
    try:
        value = cbor2.load(
            stream, semantic_decoders=_Tags(), max_depth=_MAX_DEPTH, strict_hashable_types=True
        )
    except cbor2.CBORError as error:
        raise ValueError(str(error)) from None
    if stream.tell() != len(content):
        raise ValueError("something follows the value")
    return _plain(value)


class _Tags(Mapping[int, Callable[[Any, bool], Any]]):
    """What the library makes of all others, from large numbers to regular expressions, nobody may ask for."""

    def __getitem__(self, tag: int) -> Callable[[Any, bool], Any]:
        if tag != _TIME:
            raise cbor2.CBORDecodeError(f"tag {tag} is none of a time")
        return _seconds

    def __iter__(self) -> Iterator[int]:
        return iter((_TIME,))

    def __len__(self) -> int:
        return 1


def _seconds(value: Any, is_immutable: bool) -> float:  # noqa: ANN401  (whatever was sent)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise cbor2.CBORDecodeError("a time is no number of seconds")
    return value


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever was sent)
    """As JSON would have it but for bytes."""
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise ValueError("a member's name is no text")
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, cbor2.CBORSimpleValue):
        raise ValueError("a value is of an unknown kind")
    return None if value is cbor2.undefined else value


def write_cbor(value: object) -> bytes:
    """Of mappings by text, sequences, texts, bytes, numbers, truth values, None, and times with a zone."""
    return cbor2.dumps(value, datetime_as_timestamp=True)
