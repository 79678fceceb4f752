"""What Azure's requests carry: parameters in the query, a list of objects with a text each in the body."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.requests import Request

from crosslate.service.errors import ServiceError
from crosslate.service.http.body import first_json_value
from crosslate.service.http.dialects.azure.errors import RefusalError

VERSION = "3.0"
_BOOLEANS = {"true": True, "false": False}
_CHOICES = {"texttype": 400071}
_OPTION = 400042


def check_version(query: QueryParams) -> None:
    """Pass if the request is for this version.

    Raises:
        RefusalError: it is for none, or another one.
    """
    if query.get("api-version") != VERSION:
        raise RefusalError(400021, f"api-version has to be {VERSION}: later versions are not offered.")


def choice(query: QueryParams, name: str, *values: str) -> str:
    """The parameter as one of these, whatever its case; the first where it is missing.

    Raises:
        RefusalError: it is none of them.
    """
    given = query.get(name) or values[0]
    for value in values:
        if value.lower() == given.lower():
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


async def read_texts(request: Request) -> list[str]:
    """The texts of the body, `[{"Text": "..."}]`; the member's name in any case.

    Raises:
        RefusalError: it is no such list.
        ServiceError: 415 not JSON.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type and "json" not in media_type:
        raise ServiceError(
            "unsupported_media_type", "Send JSON with the header Content-Type: application/json."
        )
    try:
        items = first_json_value(await request.body())
    except ValueError:
        raise RefusalError(400074, "The body of the request is no valid JSON in UTF-8.") from None
    if not isinstance(items, list) or not items:
        raise RefusalError(400072, 'The body has to be a list of at least one object, [{"Text": "..."}].')
    return [_text_of(item, place) for place, item in enumerate(items)]


def _text_of(item: object, place: int) -> str:
    if isinstance(item, dict):
        for name, value in item.items():
            if name.lower() == "text" and isinstance(value, str):
                return value
    raise RefusalError(400005, f'Element {place} of the body has to be an object with a string "Text".')
