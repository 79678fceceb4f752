"""Where AWS' clients have their keys."""

from __future__ import annotations

from starlette.datastructures import Headers

from crosslate.service.http.dialect import Fields, key_of_scheme

_SCHEME, _CREDENTIAL, _END = "AWS4-", "Credential=", "/aws4_request"
_NUM_SCOPES = 3
"""Day, region and service stand behind a key's id."""


def read_key(headers: Headers, fields: Fields) -> str | None:
    """The session token, where one is sent; else the access key's id; or a bearer token (RFC 6750).

    The signature (version 4) is not looked at: that takes the key itself, and only its hash is kept here.
    """
    if token := headers.get("x-amz-security-token"):
        return token
    authorization = headers.get("authorization", "")
    if not authorization.startswith(_SCHEME):
        return key_of_scheme(headers, "bearer")
    credential, end, _ = authorization.partition(_CREDENTIAL)[2].partition(_END)
    key, *scopes = credential.rsplit("/", _NUM_SCOPES)
    return key if end and key and len(scopes) == _NUM_SCOPES else None
