"""What Azure's requests carry: parameters in the query, texts in the body, of two versions."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from crosslate.service.errors import ServiceError
from crosslate.service.http.body import HALF_CHARACTER, first_json_value, has_half_characters
from crosslate.service.http.dialects.azure.errors import RefusalError

VERSION = "3.0"
NEWER = "2026-06-06"
"""Of the newest clients: it translates and lists languages, with what is wanted of a text in the body."""
_BOOLEANS = {"true": True, "false": False}
_CHOICES = {"texttype": 400071}
_OPTION = 400042


def version_of(query: QueryParams, *offered: str) -> str:
    """The one of these that the request is for.

    Raises:
        RefusalError: it is for none, or another one.
    """
    version = query.get("api-version")
    if version not in offered:
        raise RefusalError(400021, f"api-version has to be {' or '.join(offered)} here.")
    return version


def one_of(name: str, given: str | None, *values: str) -> str:
    """What a parameter was given as one of these, whatever its case; the first where it is missing.

    Raises:
        RefusalError: it is none of them.
    """
    for value in values:
        if value.lower() == (given or values[0]).lower():
            return value
    raise RefusalError(_CHOICES.get(name.lower(), _OPTION), f"{name} has to be one of {', '.join(values)}.")


def truth(query: QueryParams, name: str, *, default: bool = False) -> bool:
    """The parameter as a truth value.

    Raises:
        RefusalError: it is none.
    """
    given = query.get(name)
    if not given:
        return default
    if given.lower() not in _BOOLEANS:
        raise RefusalError(_OPTION, f"{name} has to be true or false.")
    return _BOOLEANS[given.lower()]


def check_category(name: str, given: str, allows_fallback: bool) -> list[str]:
    """Nothing, or the parameter's name, where another model than the general one is asked for in vain.

    Raises:
        RefusalError: no other will do.
    """
    if given.lower() == "general":
        return []
    if not allows_fallback:
        raise RefusalError(
            400002, f"There is no such model ({name}): allow the general one, or leave it out."
        )
    return [name]


async def read_texts(request: Request) -> list[str]:
    """The texts of the body, `[{"Text": "..."}]`; the member's name in any case.

    Raises:
        RefusalError: it is no such list.
        ServiceError: 415 not JSON.
    """
    items = await read_body(request)
    if not isinstance(items, list) or not items:
        raise RefusalError(400072, 'The body has to be a list of at least one object, [{"Text": "..."}].')
    return [_text_of(item, place) for place, item in enumerate(items)]


async def read_body(request: Request) -> Any:  # noqa: ANN401  (whatever was sent)
    """The JSON that the body is; raises as `read_texts`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type and "json" not in media_type:
        raise ServiceError(
            "unsupported_media_type", "Send JSON with the header Content-Type: application/json."
        )
    content = await request.body()
    try:
        value = first_json_value(content)
    except ValueError as error:
        raise RefusalError(400074, f"The body of the request is no valid JSON: {error}.") from None
    if has_half_characters(content, value):
        raise RefusalError(400074, f"The body of the request {HALF_CHARACTER}.")
    return value


def _text_of(item: object, place: int) -> str:
    if isinstance(item, dict):
        for name, value in item.items():
            if name.lower() == "text" and isinstance(value, str):
                return value
    raise RefusalError(400005, f'Element {place} of the body has to be an object with a string "Text".')
