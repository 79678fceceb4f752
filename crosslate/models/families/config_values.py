"""Reading single values of a foreign `config.json`."""

from __future__ import annotations

from typing import Any

from crosslate.models.errors import CheckpointError
from crosslate.models.specs.stack_spec import Activation

ACTIVATIONS: dict[str, Activation] = {
    "relu": "relu",
    "gelu": "gelu",
    "gelu_new": "gelu_new",
    "gelu_fast": "gelu_new",
    "gelu_pytorch_tanh": "gelu_new",
    "swish": "silu",
    "silu": "silu",
}


_MOST = 2**31 - 1


def required(config: dict[str, Any], name: str) -> int:
    """The number that `name` gives; `CheckpointError` where there is none."""
    value = config.get(name)
    if not isinstance(value, int):
        raise CheckpointError(f"config.json does not say {name}: is it the model's own, and complete?")
    if abs(value) > _MOST:
        raise CheckpointError(f"config.json: {name} is {value}, which is no size and no id")
    return value


def optional_number(config: dict[str, Any], name: str, *, default: float) -> float:
    """The number that `name` gives, or the default where it is absent."""
    value = config.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CheckpointError(f"config.json: {name} is {value!r}, not a number")
    return float(value)


def activation(name: str, value: object) -> Activation:
    """The activation that option `name` asks for."""
    if not isinstance(value, str) or value not in ACTIVATIONS:
        raise CheckpointError(f"{name} {value!r} is not supported; supported: {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[value]


def token_id(config: dict[str, Any], name: str, default: int) -> int:
    """The id that `name` gives, or the family's where it is absent or null."""
    value = config.get(name)
    return default if value is None else required(config, name)


def eos_token_ids(config: dict[str, Any], default: int) -> tuple[int, ...]:
    """The end tokens: a configuration gives one or a list."""
    value = config.get("eos_token_id")
    if value is None:
        return (default,)
    return tuple(value) if isinstance(value, list) else (value,)
