"""Reading a request's fields as lenient as the services are whose clients send them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from service.errors import FieldError, ServiceError, malformed
from service.http.body import first_json_value
from service.http.dialect import Fields
from service.validation import field_errors

Model = TypeVar("Model", bound="LenientFields")

_FORM, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
_MAX_PARTS = 100


async def read_fields(request: Request) -> Fields:
    """The members of a JSON object or a form, and those of the query that the body has not.

    What is no form is read as JSON whatever its content type, since there are clients that name another.

    Raises:
        ServiceError: 422, neither.
        HTTPException: 400, no valid multipart.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == _PARTS:
        async with request.form(max_files=1, max_fields=_MAX_PARTS) as form:
            body = _first([(name, value) for name, value in form.multi_items() if isinstance(value, str)])
    else:
        content = await request.body()
        body = _first(_form_items(content)) if media_type == _FORM else _json_object(content)
    return {**_first(request.query_params.multi_items()), **body}


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
        faults = (FieldError(("body", *fault.loc), fault.msg) for fault in field_errors(error, model))
        raise malformed(tuple(faults)) from None


def _first(items: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Of a name's values the first."""
    fields: dict[str, Any] = {}
    for name, value in items:
        fields.setdefault(name, value)
    return fields


def _form_items(content: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(content.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        raise _unreadable("no form in UTF-8") from None


def _json_object(content: bytes) -> dict[str, Any]:
    if not content.strip():
        return {}
    try:
        value = first_json_value(content)
    except ValueError:
        raise _unreadable("no valid JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise _unreadable("no JSON object")
    return value


def _unreadable(what: str) -> ServiceError:
    return malformed((FieldError(("body",), f"the body is {what}"),))
