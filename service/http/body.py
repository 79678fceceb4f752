"""Reading a JSON request body: strict, and with every refusal explained."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from service.errors import FieldError, ServiceError
from service.http.errors import malformed
from service.validation import field_errors

Body = TypeVar("Body", bound=BaseModel)
_BODY = ("body",)


async def read_json(request: Request, model: type[Body]) -> Body:
    """The request's body as `model`.

    Raises:
        ServiceError: 413 over the body limit, 415 not JSON in UTF-8, 422 malformed.
    """
    _check_content_type(request)
    content = await request.body()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        fault = FieldError(_BODY, f"the body is not valid UTF-8: see byte {error.start}")
        raise malformed((fault,)) from None
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        faults = tuple(FieldError(_BODY + fault.loc, fault.msg) for fault in field_errors(error, model))
    raise malformed(faults)


def _check_content_type(request: Request) -> None:
    if request.headers.get("content-encoding", "identity") != "identity":
        raise _unsupported("Send the body without Content-Encoding.")
    media_type, *parameters = request.headers.get("content-type", "application/json").lower().split(";")
    media_type = media_type.strip()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise _unsupported("Send JSON with the header Content-Type: application/json.")
    charset = next((p.split("=", 1)[1] for p in parameters if p.strip().startswith("charset=")), "utf-8")
    if charset.strip(' "') not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported("Send the body in UTF-8.")


def _unsupported(detail: str) -> ServiceError:
    return ServiceError(415, "unsupported_media_type", "Unsupported media type", detail)
