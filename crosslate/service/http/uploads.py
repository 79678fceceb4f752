"""Files that are sent: as parts of a form, as documents to translate, within their own limit."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from crosslate.service.auth.keys import Key
from crosslate.service.documents.jobs.jobs import DocumentResult, DocumentStatus
from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.documents.jobs.ticket import Ticket
from crosslate.service.errors import FieldError, ServiceError, malformed
from crosslate.service.http.body import check_charset
from crosslate.service.http.dialects.paths import AMAZON_OPERATIONS, AMAZON_SERVICE, ROOT, path_of
from crosslate.service.http.forms import multipart_form
from crosslate.service.http.services import Services
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.translation.planning import patterns_of
from crosslate.service.serving.serving import Call

FORM_PATHS = frozenset({"/v1/documents", "/v2/document", "/translate_file", "/translator/document:translate"})
"""That take files as parts of forms."""
BASE64_PATH = "/v3/projects/{project}/locations/{location}:translateDocument"
"""That takes them as members of JSON."""
OPERATION = "TranslateDocument"
"""Of Amazon's API: named by a header at the root, where a file is a member of JSON, or at the path's end."""
PLACES = FORM_PATHS | {BASE64_PATH, OPERATION}
"""Where files go, as the clients of each API are told."""
_BASE64 = re.compile(r"/v3(beta1)?/projects/[^/]+/locations/[^/]+:translateDocument")
_AMAZON = AMAZON_OPERATIONS + OPERATION
_TARGET = b"x-amz-target", f"{AMAZON_SERVICE}.{OPERATION}".encode()
FORM_BYTES = 256 * 1024
"""What a form has besides its file, of which a glossary is the most."""
BYTES = "application/octet-stream"
_FILE, _PARTS = "file", "multipart/form-data"
_MAX_FIELDS, _MAX_BESIDE = 200, 10


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, and the fields of its form."""

    name: str
    data: bytes
    fields: Mapping[str, Sequence[str]]
    beside: Sequence[tuple[str, bytes]] = ()
    """Names and contents of what was sent with it."""
    media_type: str = ""
    """As its sender has it."""

    def single(self, *, but: Collection[str] = ()) -> dict[str, str]:
        """The value of each field, `but` for those that may stand there several times.

        Raises:
            ServiceError: 422, another one does.
        """
        single = {name: values for name, values in self.fields.items() if name not in but}
        repeated = [name for name, values in single.items() if len(values) > 1]
        if repeated:
            raise malformed(
                tuple(FieldError(("body", name), "stands there more than once") for name in repeated)
            )
        return {name: values[0] for name, values in single.items()}


def takes_files(scope: Scope) -> bool:
    """Whether a request may have a whole file in its body."""
    path = path_of(scope)
    return path in FORM_PATHS or path == _AMAZON or _has_base64(path, scope)


def largest_body(scope: Scope, max_bytes: int) -> int:
    """How many bytes a body with a file of `max_bytes` may have, where `takes_files` is true."""
    return FORM_BYTES + (4 * -(-max_bytes // 3) if _has_base64(path_of(scope), scope) else max_bytes)


def _has_base64(path: str, scope: Scope) -> bool:
    if path not in ROOT:
        return _BASE64.fullmatch(path) is not None
    return _TARGET in scope["headers"]


async def read_upload(request: Request, *, file: str = _FILE, beside: str | None = None) -> Upload:
    """A multipart form with one file to translate.

    Args:
        request: with the form.
        file: the part's name.
        beside: of other files that may come with it.

    Raises:
        ServiceError: 400 no valid multipart, 413 too large, 415 another type of body, 422 without a file.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _PARTS:
        raise ServiceError("unsupported_media_type", f"Send the file in a form: {_PARTS}.")
    check_charset(request)
    max_files = 1 if beside is None else 1 + _MAX_BESIDE
    async with multipart_form(
        request, max_files=max_files, max_fields=_MAX_FIELDS, max_part_size=FORM_BYTES
    ) as form:
        sent = form.get(file)
        if not isinstance(sent, UploadFile):
            fault = "there is no file of this name in the form" if sent is None else "needs a file name"
            raise malformed((FieldError(("body", file), fault),))
        fields: dict[str, list[str]] = {}
        for name, value in form.multi_items():
            if isinstance(value, str):
                fields.setdefault(name, []).append(value)
        name = fields.get("filename", [sent.filename or ""])[0]
        beside_it = await _files(form, beside)
        return Upload(name, await sent.read(), fields, beside_it, sent.content_type or "")


async def _files(form: FormData, name: str | None) -> list[tuple[str, bytes]]:
    values = () if name is None else form.getlist(name)
    return [(one.filename or "", await one.read()) for one in values if isinstance(one, UploadFile)]


async def take_in(
    services: Services, call: Call, data: bytes, wanted: DocumentRequest
) -> tuple[Ticket, DocumentStatus]:
    """Read a document, count it for its key, and have it translated when there is time.

    Raises:
        ServiceError: whatever is wrong with the key, the languages, the document, or how much has come.
    """
    key = services.serving.identify(call, wanted.model)
    jobs = await services.documents.jobs()
    wanted = wanted if key is None else _of_key(wanted, key)
    await asyncio.to_thread(_check, services, wanted)
    document = await jobs.read(data, wanted)
    with services.serving.taking_in(call, key, document.num_characters):
        ticket = await jobs.submit(data, document, wanted)
    return ticket, DocumentStatus("queued", 0.0, document.num_characters, 0.0)


def file_response(result: DocumentResult) -> Response:
    """A file to be saved under its name."""
    name = quote(result.name, safe="")
    return Response(
        result.content,
        media_type=BYTES,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def owner_of(services: Services, call: Call) -> str | None:
    """Whose documents a call may see; raises as `Serving.identify`."""
    key = services.serving.identify(call)
    return None if key is None else key.name


def _of_key(wanted: DocumentRequest, key: Key) -> DocumentRequest:
    models = None if key.models is None else tuple(sorted(key.models))
    return replace(wanted, key_name=key.name, key_weight=key.share.weight, key_models=models)


def _check(services: Services, wanted: DocumentRequest) -> None:
    """Find out before anybody waits for it what cannot be had."""
    allowed = [
        model for model in services.models if wanted.key_models is None or model.id in wanted.key_models
    ]
    catalog = ModelCatalog(allowed, pivots=services.settings.pivot)
    if wanted.source_lang is None:
        catalog.sources_for(wanted.target_lang, wanted.model)
    else:
        catalog.route(wanted.source_lang, wanted.target_lang, wanted.model)
    patterns_of(wanted.translation)
