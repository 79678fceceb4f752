"""A key for each document: whoever has it can read the files, and nobody else can."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12


class SealError(Exception):
    """What was read is not what was written with this key."""


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """AES-256-GCM; every file with a nonce of its own, and bound to its name."""

    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> DocumentKey:
        """A key that nobody has yet."""
        return cls(os.urandom(_KEY_BYTES))

    @classmethod
    def parse(cls, token: str) -> DocumentKey | None:
        """From what `token` gave; None where it cannot be one."""
        try:
            secret = base64.urlsafe_b64decode(f"{token}{'=' * (-len(token) % 4)}")
        except (binascii.Error, ValueError):
            return None
        return cls(secret) if len(secret) == _KEY_BYTES else None

    @property
    def token(self) -> str:
        """As a client has it: letters, digits, `-` and `_`."""
        return base64.urlsafe_b64encode(self.secret).decode("ascii").rstrip("=")

    @property
    def digest(self) -> str:
        """What it is known again by; it says nothing of the key."""
        return hashlib.sha256(self.secret).hexdigest()

    def opens(self, digest: str) -> bool:
        """Whether this is the key that gave the digest."""
        return hmac.compare_digest(self.digest, digest)

    def seal(self, name: str, plain: bytes) -> bytes:
        """For a file of this name."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, plain, name.encode())

    def unseal(self, name: str, sealed: bytes) -> bytes:
        """What `seal` was given.

        Raises:
            SealError: it was cut off or changed, or is another file's.
        """
        try:
            return AESGCM(self.secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError):
            raise SealError(f"{name} is damaged") from None
