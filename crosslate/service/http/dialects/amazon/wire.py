"""The two forms in which requests and answers of the same operations travel: AWS JSON 1.1, and CBOR."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.responses import Response

from crosslate.service.http.dialect import Fields
from crosslate.service.http.dialects.amazon.cbor import read_cbor, write_cbor
from crosslate.service.http.dialects.reading import json_object, unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How members are read and written; bytes and times have a form of their own in each."""

    media_type: str
    read: Callable[[bytes], Fields]
    """Of a body that is not empty; raises `ServiceError` 422."""
    write: Callable[[Mapping[str, Any]], bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    error_prefix: str = ""
    """Before the name of a failure. With it HAProxy can write CBOR: no length is a control character."""
    may_begin_with_blanks: bool
    """Whether a late answer can be announced by what says nothing."""

    def response(
        self, members: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """An answer, or a failure."""
        return Response(
            self.write(members), status, {**self.headers, **(headers or {})}, media_type=self.media_type
        )


def _read_cbor(content: bytes) -> Fields:
    try:
        value = read_cbor(content)
    except ValueError as error:
        raise unreadable(f"the body is no valid CBOR: {error}") from None
    if not isinstance(value, dict):
        raise unreadable("the body is no map")
    return value


def _write_json(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, ensure_ascii=False, default=_plain).encode()


def _plain(value: object) -> str | float:
    """Base64, and seconds since 1970."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value)} is not written in JSON here")


JSON = Wire(
    media_type="application/x-amz-json-1.1",
    read=json_object,
    write=_write_json,
    may_begin_with_blanks=True,
)
CBOR = Wire(
    media_type="application/cbor",
    read=_read_cbor,
    write=write_cbor,
    headers={"Smithy-Protocol": "rpc-v2-cbor"},
    error_prefix="com.amazonaws.translate#",
    may_begin_with_blanks=False,
)
