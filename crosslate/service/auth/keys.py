"""The keys of the service, and which of them a request was sent with."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from crosslate.models.engine.request import Share
from crosslate.service.auth.hashing import PATTERN, hash_key
from crosslate.service.auth.settings import AuthSettings, KeySettings, is_sendable
from crosslate.service.errors import ServiceError, ToldError


class KeyFileError(ToldError):
    """The file of a key cannot be used; the message says why, without the file's content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Who asks, and what he may have."""

    name: str
    key_hash: str = field(repr=False)
    models: frozenset[str] | None
    """None: all."""
    share: Share
    requests_per_minute: int | None
    characters_per_minute: int | None
    characters_per_month: int | None

    @property
    def is_rate_limited(self) -> bool:
        """Whether what it has within a minute matters."""
        return self.requests_per_minute is not None or self.characters_per_minute is not None


class KeyRing:
    """Finds the key that a client sent. Without keys nobody needs one."""

    def __init__(self, keys: Sequence[Key] = ()) -> None:
        self.keys = tuple(keys)

    def find(self, sent: str | None) -> Key | None:
        """The key; None where nobody needs one.

        Raises:
            ServiceError: 401 `key_missing` or `key_invalid`.
        """
        if not self.keys:
            return None
        if not sent:
            raise ServiceError("key_missing", "This service answers only with a key.")
        # All are looked at, and each in constant time, so that the time tells nothing of any of them.
        sent_hash = hash_key(sent)
        found = [key for key in self.keys if hmac.compare_digest(key.key_hash, sent_hash)]
        if not found:
            raise ServiceError(
                "key_invalid", "The key is not one of this service's. Ask whoever runs the service for one."
            )
        return found[0]


def load_keys(settings: AuthSettings) -> KeyRing:
    """The keys of the settings, those in files read.

    Raises:
        KeyFileError: a file cannot be read or holds no key, or two keys are the same.
    """
    keys = [_key(key) for key in settings.keys]
    by_hash: dict[str, str] = {}
    for key in keys:
        other = by_hash.setdefault(key.key_hash, key.name)
        if other != key.name:
            raise KeyFileError(f"auth.keys: {other} and {key.name} have the same key")
    return KeyRing(keys)


def _key(settings: KeySettings) -> Key:
    return Key(
        name=settings.name,
        key_hash=settings.key_hash or _read(settings),
        models=None if settings.models is None else frozenset(settings.models),
        share=Share(settings.name, settings.weight),
        requests_per_minute=settings.requests_per_minute,
        characters_per_minute=settings.characters_per_minute,
        characters_per_month=settings.characters_per_month,
    )


def _read(settings: KeySettings) -> str:
    where = f"auth.keys: {settings.name}: key_file {settings.key_file}"
    if settings.key_file is None:
        raise KeyFileError(f"auth.keys: {settings.name}: needs a key")
    try:
        content = settings.key_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise KeyFileError(f"{where}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeyFileError(f"{where}: is no text") from None
    if re.match(PATTERN, content):
        return content
    if not is_sendable(content):
        raise KeyFileError(f"{where}: must hold a key, printable ASCII without spaces, or a key's hash")
    return hash_key(content)
