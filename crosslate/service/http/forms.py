"""Forms of either kind and query strings: read whole and in UTF-8, or refused with what is wrong."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from crosslate.service.errors import FieldError, ServiceError, malformed

_PART_BYTES = 1024 * 1024
_AS_BYTES = "latin-1"
"""What has a character for each byte."""
_LONGEST_NAME = 64
"""That is repeated."""


def form_pairs(content: bytes) -> list[tuple[str, str]]:
    """Names and values of a form that is written as a query string is; raises `ServiceError` 422."""
    try:
        return _pairs(content)
    except ValueError:
        raise malformed((FieldError(("body",), "the body is no form in UTF-8"),)) from None


def query_pairs(request: Request) -> list[tuple[str, str]]:
    """Names and values of the query, also where characters stand in it as they are.

    Starlette would take bytes that are no UTF-8 for other characters.

    Raises:
        ServiceError: 422 it is not in UTF-8.
    """
    try:
        return _pairs(request.scope["query_string"])
    except ValueError:
        raise malformed((FieldError(("query",), "is not in UTF-8"),)) from None


def _pairs(content: bytes) -> list[tuple[str, str]]:
    return parse_qsl(content.decode(), keep_blank_values=True, errors="strict")


@contextlib.asynccontextmanager
async def multipart_form(
    request: Request, *, max_files: int, max_fields: int, max_part_size: int = _PART_BYTES
) -> AsyncIterator[FormData]:
    """The fields and files of a multipart form, which are closed afterwards.

    Raises:
        ServiceError: 400 it is no such form, or ends too early: its last part would be left out in silence.
            422 a field is not in UTF-8.
    """
    headers = Headers({"content-type": f"{request.headers['content-type']}; charset={_AS_BYTES}"})
    parser = _Parser(
        headers, request.stream(), max_files=max_files, max_fields=max_fields, max_part_size=max_part_size
    )
    try:
        read = await parser.parse()
    except MultiPartException as error:
        raise ServiceError("bad_request", _told(error)) from None
    try:
        if parser.is_cut:
            raise ServiceError("bad_request", "The form ends too early: its closing boundary is not there.")
        yield FormData([_decoded(name, value) for name, value in read.multi_items()])
    finally:
        await read.close()


class _Parser(MultiPartParser):
    """Starlette's, which takes a form without its end for a whole one."""

    def __init__(
        self,
        headers: Headers,
        stream: AsyncGenerator[bytes, None],
        *,
        max_files: int,
        max_fields: int,
        max_part_size: int,
    ) -> None:
        super().__init__(
            headers,
            self._counted(stream),
            max_files=max_files,
            max_fields=max_fields,
            max_part_size=max_part_size,
        )
        self._num_bytes = 0
        self._has_ended = False

    @property
    def is_cut(self) -> bool:
        """Whether there was a form, but not all of it."""
        return self._num_bytes > 0 and not self._has_ended

    def on_end(self) -> None:
        """At the closing boundary."""
        self._has_ended = True

    async def _counted(self, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        async for chunk in stream:
            self._num_bytes += len(chunk)
            yield chunk


def _told(error: MultiPartException) -> str:
    """What is wrong, and where the parser knows."""
    cause = error.__cause__
    return error.message if cause is None else f"The body is no valid multipart form: {cause}."


def _decoded(name: str, value: str | UploadFile) -> tuple[str, str | UploadFile]:
    name = _in_utf8(name, "the name of a field")
    if isinstance(value, str):
        return name, _in_utf8(value, "the field", name[:_LONGEST_NAME])
    if value.filename is not None:
        with contextlib.suppress(UnicodeDecodeError):  # what it is called matters little
            value.filename = value.filename.encode(_AS_BYTES).decode()
    return name, value


def _in_utf8(text: str, what: str, *where: str) -> str:
    try:
        return text.encode(_AS_BYTES).decode()
    except UnicodeDecodeError:
        raise malformed((FieldError(("body", *where), f"{what} is not in UTF-8"),)) from None
