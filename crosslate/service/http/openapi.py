"""The OpenAPI description: bodies are read by `read_json`, so they are named here, with examples."""

from __future__ import annotations

import functools
import importlib.resources
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from crosslate.service.http import problems, schema_rules
from crosslate.service.http.document_answers import DocumentForm
from crosslate.service.http.event_answers import EVENT_DATA
from crosslate.service.http.operation_responses import ProblemAnswer
from crosslate.service.http.requests import AlignBody, DetectBody, GlossaryBody, SummarizeBody, TranslateBody
from crosslate.service.settings.config import Settings

_REF = "#/components/schemas/{model}"
_BODIES: tuple[type[BaseModel], ...] = (
    *(TranslateBody, AlignBody, DetectBody, SummarizeBody),
    *(GlossaryBody, DocumentForm),
)
_ANSWERS: tuple[type[BaseModel], ...] = (ProblemAnswer, *EVENT_DATA)
_JSON = "application/json"
_PROBLEM_JSON = "application/problem+json"
_OK = 200
_UNAUTHORIZED = "401"
_SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "Where the service has keys (`auth.keys`).",
}
_DESCRIPTION = """\
Translation and summarization with alignments, from encoder-decoder models.

JSON in and out, in UTF-8. Every failure is an RFC 9457 problem whose `code` is stable; one that would happen
again is never a 5xx. `X-Request-ID` comes back where it is sent and is made where it is not."""
_TAGS = [
    {"name": "text", "description": "Texts in, texts and alignments out."},
    {"name": "glossaries", "description": "Terms that are kept, to be used again and again."},
    {"name": "documents", "description": "Whole files, in the background."},
    {"name": "catalog", "description": "What is served."},
    {"name": "operation", "description": "How the service is."},
]
_EVENTS = "text/event-stream"
_REQUEST_ID, _RETRY, _CHALLENGE = "X-Request-ID", "Retry-After", "WWW-Authenticate"
_TEXT = {"type": "string"}
HEADERS: Mapping[str, Any] = {
    _REQUEST_ID: {"description": "The request's, as it was sent or made.", "required": True, "schema": _TEXT},
    _RETRY: {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    _CHALLENGE: {"description": "RFC 6750.", "required": True, "schema": _TEXT},
    "Content-Disposition": {"description": "With the file's name.", "required": True, "schema": _TEXT},
    "Vary": {"description": "The answer depends on `Accept`.", "required": True, "schema": _TEXT},
}
"""That answers have."""
_OF_FAILURES = {401: (_CHALLENGE,), 429: (_RETRY,), 503: (_RETRY,)}
_DEFAULT_SERVER = {"url": "http://127.0.0.1:8000", "description": "`crosslate serve` on your machine"}

Responses = dict[int | str, dict[str, Any]]


@functools.cache
def examples() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """By operation and name: `summary`, `request` if it has a body, `status`, `media_type`, `answer`."""
    content = (importlib.resources.files("crosslate.service.http") / "examples.json").read_text(
        encoding="utf-8"
    )
    loaded: dict[str, dict[str, dict[str, Any]]] = json.loads(content)
    return loaded


def json_body(model: type[BaseModel], files: Mapping[str, str] | None = None) -> dict[str, Any]:
    """For `openapi_extra`: the operation takes this body, or a file of one of these media types."""
    content = {_JSON: {"schema": {"$ref": _REF.format(model=model.__name__)}}}
    return {"requestBody": {"required": True, "content": {**content, **_texts(files or {})}}}


def responses(
    codes: Sequence[str],
    media: Mapping[str, str] | None = None,
    status: int = _OK,
    *,
    events: Mapping[str, str] | None = None,
    headers: Sequence[str] = (),
) -> Responses:
    """Every status of an operation.

    Args:
        codes: of its problems.
        media: of success, further media types and what they are.
        status: of success.
        events: of success, as a stream: the names of events, and the schemas of their data.
        headers: of success, those of `HEADERS` that it has besides the request's id.
    """
    content = _texts(media or {})
    if events:
        # The keyword is that of OpenAPI 3.2; 3.1 has the whole stream as a text.
        names = ", ".join(f"`{name}`" for name in events)
        content = {**content, **_texts({_EVENTS: f"With `stream`: events {names}."})}
        content[_EVENTS]["itemSchema"] = _event(events)
    found: Responses = {status: {"content": content, "headers": _headers(*headers)}}
    for failure, possible in problems.by_status(codes).items():
        answer = _problem(problems.description(failure, possible))
        found[failure] = {**answer, "headers": _headers(*_OF_FAILURES.get(failure, ()))}
    return {**found, "default": _problem("Any other failure.")}


def describe(app: FastAPI, root_path: str, settings: Settings) -> dict[str, Any]:
    """The document of `/openapi.json`, for a service under `root_path` with these settings."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app, settings)
    here = {"url": root_path or "/", "description": "this server"}
    return {**app.openapi_schema, "servers": [here, _DEFAULT_SERVER]}


def operation_id(route: APIRoute) -> str:
    """The name of its function, which client generators make a function's name of."""
    return route.name


def _document(app: FastAPI, settings: Settings) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes, tags=_TAGS
    )
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in _BODIES]
    models += [(model, "serialization") for model in _ANSWERS]
    _, schemas = models_json_schema(models, ref_template=_REF)
    document.setdefault("components", {}).setdefault("schemas", {}).update(_with_file(schemas["$defs"]))
    schema_rules.within(document["components"]["schemas"], settings.limits)
    document["components"]["securitySchemes"] = {"key": _SECURITY_SCHEME}
    document["components"]["headers"] = HEADERS
    for methods in document["paths"].values():
        _add_examples(methods)
        _add_security(methods, has_keys=bool(settings.auth.keys))
    return document


def _with_file(schemas: dict[str, Any]) -> dict[str, Any]:
    """The form of documents has a part that is no field: the document."""
    form = schemas["DocumentForm"]
    schema_rules.as_form(form)
    form["properties"]["file"] = {
        "type": "string",
        "format": "binary",
        "description": "The document. What it is, is told by the end of its name.",
    }
    form["required"].append("file")
    return schemas


def _add_security(methods: Mapping[str, dict[str, Any]], *, has_keys: bool) -> None:
    """What can refuse a key takes one; where the service has any, it needs one."""
    for operation in methods.values():
        if _UNAUTHORIZED in operation["responses"]:
            operation["security"] = [{"key": []}] if has_keys else [{}, {"key": []}]


def _add_examples(methods: Mapping[str, dict[str, Any]]) -> None:
    """Afterwards: FastAPI would leave out every member that is null."""
    for operation in methods.values():
        for name, example in examples().get(operation["operationId"], {}).items():
            answers = operation["responses"][str(example["status"])]["content"][example["media_type"]]
            _add_example(answers, name, example["summary"], example["answer"])
            if "request" in example:
                body, *_ = operation["requestBody"]["content"].values()
                _add_example(body, name, example["summary"], example["request"])


def _add_example(content: dict[str, Any], name: str, summary: str, value: object) -> None:
    content.setdefault("examples", {})[name] = {"summary": summary, "value": value}


def _texts(media: Mapping[str, str]) -> dict[str, Any]:
    return {kind: {"schema": {"type": "string", "description": text}} for kind, text in media.items()}


def _event(events: Mapping[str, str]) -> dict[str, Any]:
    """One event of a stream: which there are, and what each has as its data, in JSON."""
    return {"anyOf": [_event_of(name, schema) for name, schema in events.items()]}


def _event_of(name: str, schema: str) -> dict[str, Any]:
    data = {"type": "string", "contentMediaType": _JSON, "contentSchema": {"$ref": _REF.format(model=schema)}}
    return {
        "type": "object",
        "properties": {"event": {"const": name}, "data": data},
        "required": ["event", "data"],
    }


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (_REQUEST_ID, *names)}


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model="ProblemAnswer")}
    return {"description": text, "content": {_PROBLEM_JSON: {"schema": schema}}}
