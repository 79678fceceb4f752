"""Reading a request's fields as lenient as the services are whose clients send them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from crosslate.service.errors import FieldError, ServiceError, malformed
from crosslate.service.http.body import HALF_CHARACTER, check_charset, first_json_value, has_half_characters
from crosslate.service.http.dialect import Fields
from crosslate.service.http.forms import form_pairs, multipart_form, query_pairs
from crosslate.service.settings.validation import request_errors

Model = TypeVar("Model", bound=BaseModel)

FORM, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
_MAX_PARTS = 100


async def read_fields(request: Request, *, lists: Collection[str] = ()) -> Fields:
    """The members of a JSON object or a form, and those of the query that the body has not.

    What is no form is read as JSON whatever its content type, since there are clients that name another.
    A form's value is the first of its name; of those in `lists`, where there are several, all of them.

    Raises:
        ServiceError: 400, no valid multipart; 422, neither.
    """
    items = await form_items(request, max_parts=_MAX_PARTS)
    if items is not None:
        body = _values(items, lists)
    else:
        content = await request.body()
        body = json_object(content) if content.strip() else {}
    return {**_values(query_pairs(request), lists), **body}


def media_type(request: Request) -> str:
    """Of the body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def form_items(request: Request, *, max_parts: int) -> list[tuple[str, str]] | None:
    """Names and values of a form of either kind, its files left out; None where the body is none.

    Raises:
        ServiceError: 400, no valid multipart; 415, 422, not in UTF-8.
    """
    if media_type(request) == _PARTS:
        check_charset(request)
        async with multipart_form(request, max_files=1, max_fields=max_parts) as form:
            return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return form_pairs(await request.body()) if media_type(request) == FORM else None


class LenientFields(BaseModel):
    """A request's fields: unknown ones are ignored, numbers may be strings, as in forms."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


def parsed(fields: Fields, model: type[Model]) -> Model:
    """The fields as `model`; `null` is as good as nothing.

    Raises:
        ServiceError: 422 that names every fault.
    """
    try:
        return model.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        faults = (FieldError(("body", *fault.loc), fault.msg) for fault in request_errors(error, model))
        raise malformed(tuple(faults)) from None


def _values(items: Iterable[tuple[str, str]], lists: Collection[str]) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for name, value in items:
        found.setdefault(name, []).append(value)
    return {
        name: values if name in lists and len(values) > 1 else values[0] for name, values in found.items()
    }


def json_object(content: bytes) -> dict[str, Any]:
    """The members of the object that a body begins with; raises `ServiceError` 422 where there is none."""
    try:
        value = first_json_value(content)
    except ValueError as error:
        raise unreadable(f"the body is no valid JSON: {error}") from None
    if has_half_characters(content, value):
        raise unreadable(f"the body {HALF_CHARACTER}")
    if not isinstance(value, dict):
        raise unreadable("the body is no JSON object")
    return value


def unreadable(what: str, *where: str) -> ServiceError:
    """422: the body, or a field of it, cannot be read."""
    return malformed((FieldError(("body", *where), what),))
