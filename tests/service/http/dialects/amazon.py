"""Requests to Amazon's API as its SDKs write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosslate.service.http.dialects.amazon.cbor import write_cbor
from crosslate.service.http.dialects.paths import AMAZON_OPERATIONS, AMAZON_SERVICE

CBOR_PATH = f"{AMAZON_OPERATIONS}TranslateText"


def credential(key: str) -> str:
    """`Authorization` with the id of an access key."""
    scope = f"{key}/20261129/eu-west-1/translate/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=00"


def target(operation: str) -> dict[str, str]:
    """The header that names an operation."""
    return {"X-Amz-Target": f"{AMAZON_SERVICE}.{operation}", "Content-Type": "application/x-amz-json-1.1"}


def sent(path: str, body: Any) -> Mapping[str, Any]:
    """What `httpx` is given for a body: that of the root and of CBOR's paths is Amazon's."""
    if path.startswith(AMAZON_OPERATIONS):
        return {"content": write_cbor(body), "headers": {"Content-Type": "application/cbor"}}
    return {"json": body, "headers": target("TranslateText") if path == "/" else {}}
