"""Who may use the service, and how much of it. No setting ever holds a key, only its hash."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from crosslate.service.auth.hashing import PATTERN, hash_key
from crosslate.service.section import PositiveFloat, PositiveInt, Section

_WAYS = ("key", "key_file", "key_hash")


class KeySettings(Section):
    """One key. Instead of `key_hash` or `key_file` the settings may give `key`, of which the hash is kept."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    """In metrics, logs and `crosslate usage`."""
    key_hash: Annotated[str, Field(pattern=PATTERN)] | None = None
    """As `crosslate key` prints it."""
    key_file: Path | None = None
    """Holds the key or its hash; read when a replica starts."""
    models: tuple[str, ...] | None = None
    """The ids of the models that it is for; by default all."""
    weight: PositiveFloat = 1.0
    """Its part of an engine, against the weights of the other keys that wait for it."""
    requests_per_minute: PositiveInt | None = None
    characters_per_minute: PositiveInt | None = None
    """Code points of the texts that are sent."""
    characters_per_month: PositiveInt | None = None
    """Of calendar months in UTC."""

    @model_validator(mode="before")
    @classmethod
    def _hash(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        ways = [way for way in _WAYS if given.get(way) is not None]
        if len(ways) != 1:
            raise ValueError(f"needs one of key, key_file and key_hash, not {len(ways)} of them")
        if ways != ["key"]:
            return {name: value for name, value in given.items() if name != "key"}
        key = given["key"]
        if not isinstance(key, str) or not is_sendable(key):
            raise ValueError("key: must be printable ASCII without spaces, as text")
        return {**{n: value for n, value in given.items() if n != "key"}, "key_hash": hash_key(key)}

    @model_validator(mode="after")
    def _check_models(self) -> Self:
        if self.models == ():
            raise ValueError("models: name at least one model, or leave it out for all")
        return self


class AuthSettings(Section):
    """Keys; where there is one, every request that asks a model needs one."""

    keys: tuple[KeySettings, ...] = ()

    @model_validator(mode="after")
    def _check_unlike(self) -> Self:
        names = [key.name for key in self.keys]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"keys: the name {twice[0]!r} stands there more than once")
        return self


def is_sendable(key: str) -> bool:
    """Whether every client can put it into a header."""
    return bool(key) and all("!" <= character <= "~" for character in key)
