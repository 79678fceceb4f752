"""The one rule for request ids: which of the clients' `X-Request-ID`s are taken over."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

HEADER = b"x-request-id"
PATTERN = "[A-Za-z0-9._:/+=@~-]{1,128}"
"""UUIDs, ULIDs, base64, trace ids and paths. Nothing that a log, a shell or JSON would have to escape; also a
POSIX regular expression, for HAProxy, which answers by itself while there is no replica."""

_ACCEPTED = re.compile(PATTERN.encode())


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The client's own id, where it sent just one that the rule accepts; else a new one."""
    given = [value for name, value in headers if name == HEADER]
    if len(given) == 1 and _ACCEPTED.fullmatch(given[0]):
        return given[0].decode("ascii")
    return uuid.uuid4().hex
