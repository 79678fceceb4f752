"""JSON to dataclasses, by their annotations. What a newer server says besides is left out."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from crosslate.client.arrays import Matrix, decoded_matrix
from crosslate.client.errors import UnexpectedAnswerError

T = TypeVar("T")


def json_value(content: str | bytes) -> Any:  # noqa: ANN401  (JSON)
    """Raises `ValueError` where it is none, or nested deeper than any answer is."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def one_for_each(answers: Sequence[T], num_texts: int) -> Sequence[T]:
    """Pass if there are as many answers as texts.

    Raises:
        UnexpectedAnswerError: there are more, or fewer.
    """
    if len(answers) != num_texts:
        raise UnexpectedAnswerError(f"the server has {len(answers)} answer(s) to {num_texts} text(s)")
    return answers


def decode(kind: type[T], value: object) -> T:
    """A value of the type that an answer's JSON stands for.

    Raises:
        UnexpectedAnswerError: it stands for none.
    """
    try:
        decoded: T = _decode(kind, value)
    except (KeyError, TypeError, ValueError) as error:
        raise UnexpectedAnswerError(
            f"the server's answer is no {kind.__name__} ({type(error).__name__}): does the URL name a"
            " Crosslate server, and is the client as new as it?"
        ) from error
    return decoded


def _decode(kind: Any, value: Any) -> Any:  # noqa: ANN401  (JSON, and annotations)
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        (inner,) = (one for one in get_args(kind) if one is not types.NoneType)
        return None if value is None else _decode(inner, value)
    if origin is tuple:
        return _decode_tuple(get_args(kind), value)
    if dataclasses.is_dataclass(kind):
        return _decode_fields(kind, value)
    return _decode_leaf(kind, value)


def _decode_leaf(kind: Any, value: Any) -> Any:  # noqa: ANN401
    # Not by its origin, which newer versions of NumPy hide behind a name of theirs.
    if kind == Matrix:
        return decoded_matrix(value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is float and isinstance(value, int):
        return float(value)
    if get_origin(kind) is not Literal and not isinstance(value, kind):
        raise TypeError
    return value


def _decode_tuple(kinds: tuple[Any, ...], values: Any) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(values, list):
        raise TypeError
    if kinds[-1] is Ellipsis:
        return tuple(_decode(kinds[0], value) for value in values)
    return tuple(_decode(kind, value) for kind, value in zip(kinds, values, strict=True))


def _decode_fields(kind: Any, value: Mapping[str, Any]) -> Any:  # noqa: ANN401
    hints = _hints(kind)
    return kind(
        **{
            field.name: _decode(hints[field.name], value[field.name])
            for field in dataclasses.fields(kind)
            if field.name in value or field.default is dataclasses.MISSING
        }
    )


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
