"""Making keys, and the hash that settings and memory hold in a key's place."""

from __future__ import annotations

import hashlib
import secrets

PATTERN = r"^sha256:[0-9a-f]{64}$"
_PREFIX = "clk_"
"""So that a key is known for one wherever it turns up, as scanners of repositories look for them."""


def new_key() -> str:
    """A key of 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """One way, and so quick that every request may be hashed.

    Slow hashes protect passwords, which can be guessed. A key of `new_key` cannot be, however quick the hash.
    """
    return "sha256:" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
