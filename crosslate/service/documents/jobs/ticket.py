"""What a document is asked for with."""

from __future__ import annotations

from dataclasses import dataclass, field

from crosslate.service.documents.jobs.sealing import DocumentKey
from crosslate.service.errors import ServiceError

_ID_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the one who sent a document can ask for it with."""

    id: str
    key: DocumentKey = field(repr=False)

    @property
    def token(self) -> str:
        """Both in one, for APIs that have one name for a document."""
        return f"{self.id}{self.key.token}"

    @classmethod
    def parse(cls, token: str, key: str | None = None) -> Ticket:
        """From what was sent: `token`'s form, or an id and a key apart.

        Raises:
            ServiceError: 404.
        """
        given, secret = (token[:_ID_CHARACTERS], token[_ID_CHARACTERS:]) if key is None else (token, key)
        parsed = DocumentKey.parse(secret)
        if parsed is None or not given.isalnum():
            raise not_found()
        return cls(given, parsed)


def not_found() -> ServiceError:
    """404: for an id or a key that is unknown, and for what has been deleted."""
    return ServiceError(
        "document_not_found",
        "There is no document with this id and key: it was deleted, or fetched, or never sent.",
    )
