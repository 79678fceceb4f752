"""Reading a JSON request body: strict, and with every refusal explained; or as lenient as other APIs are."""

from __future__ import annotations

import asyncio
import codecs
import json
import math
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from crosslate.service.errors import FieldError, ServiceError, malformed
from crosslate.service.settings.validation import request_errors

Body = TypeVar("Body", bound=BaseModel)
_BODY = ("body",)
_JSON = "application/json"
_JSON_SPACE = " \t\r\n"
_LARGE_BYTES = 64 * 1024
_MOST_DIGITS = 4000
"""Of an integer: Python takes a few more."""
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
HALF_CHARACTER = "has half of a surrogate pair: send characters beyond U+FFFF whole"


_SEND_JSON = "Send JSON with the header Content-Type: application/json."


async def read_json(request: Request, model: type[Body], *, otherwise: str = _SEND_JSON) -> Body:
    """The request's body as `model`; `otherwise` tells what to send instead of what is no JSON.

    Raises:
        ServiceError: 413 over the body limit, 415 not JSON in UTF-8, 422 malformed.
    """
    _check_content_type(request, otherwise)
    content = (await request.body()).removeprefix(codecs.BOM_UTF8)
    if len(content) > _LARGE_BYTES:  # faults and objects by the ten thousands: not in the event loop
        return await asyncio.to_thread(_parsed, content, model)
    return _parsed(content, model)


def _parsed(content: bytes, model: type[Body]) -> Body:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        fault = FieldError(_BODY, f"the body is not valid UTF-8: see byte {error.start}")
        raise malformed((fault,)) from None
    if not content.strip():
        raise malformed((FieldError(_BODY, "the body is empty: send JSON"),))
    try:
        body = model.model_validate_json(content)
    except ValidationError as error:
        faults = tuple(FieldError(_BODY + fault.loc, fault.msg) for fault in request_errors(error, model))
        raise malformed(faults) from None
    check_keys(text)
    return body


def check_keys(text: str) -> None:
    """Pass if no object of this JSON has a key twice; raises `ServiceError` 422."""
    _REPETITIONS.decode(text)


def first_json_value(content: bytes) -> Any:  # noqa: ANN401  (whatever was sent)
    """The value that a body begins with, whatever follows it.

    Services that are written in Go decode one value and leave the rest unread, and there are clients of
    theirs that send a stray bracket after it. Line ends may stand in strings as they are: there are programs
    that put a text between quotation marks.

    Raises:
        ValueError: there is none; it says why, and where.
    """
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not in UTF-8, see byte {error.start}") from None
    try:
        value, _ = _DECODER.raw_decode(text, len(text) - len(text.lstrip(_JSON_SPACE)))
    except json.JSONDecodeError as error:
        what = error.msg[0].lower() + error.msg[1:]
        raise ValueError(f"{what}, see line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


def _finite(number: str) -> float:
    """JSON knows no others, and no answer could repeat one."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _not_a_number(name: str) -> float:
    raise ValueError(f"{name} is no value in JSON")


_DECODER = json.JSONDecoder(
    strict=False, parse_int=_integer, parse_float=_finite, parse_constant=_not_a_number
)


def has_half_characters(content: bytes, value: object) -> bool:
    """Whether a value, read from these bytes, has half of a surrogate pair: no text, no key, no name has any.

    Only escapes can make one.
    """
    if _HALF.search(content) is None:
        return False
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _refuse_repeated(pairs: Sequence[tuple[str, Any]]) -> None:
    """Of two values for a key the parser takes the last: one of them would be ignored without a word."""
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise malformed((FieldError(_BODY, f"the key {key!r} stands there more than once"),))
        seen.add(key)


_REPETITIONS = json.JSONDecoder(object_pairs_hook=_refuse_repeated)
"""Made once: it takes longer to make than to read a sentence with."""


def _check_content_type(request: Request, otherwise: str) -> None:
    content_type = request.headers.get("content-type", _JSON).lower()
    if content_type == _JSON:
        return
    media_type = content_type.partition(";")[0].strip()
    if media_type != _JSON and not media_type.endswith("+json"):
        raise _unsupported(otherwise)
    check_charset(request)


def check_charset(request: Request) -> None:
    """Pass if the body says that it is in UTF-8, or says nothing.

    Of a form's other encodings Python has some that take the square of the time, and some that fail.

    Raises:
        ServiceError: 415.
    """
    parameters = request.headers.get("content-type", "").lower().split(";")[1:]
    charset = next((p.split("=", 1)[1] for p in parameters if p.strip().startswith("charset=")), "utf-8")
    if charset.strip(' "') not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported("Send the body in UTF-8.")


def _unsupported(detail: str) -> ServiceError:
    return ServiceError("unsupported_media_type", detail)
