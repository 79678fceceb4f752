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
from pydantic.json_schema import models_json_schema

from crosslate.service.http import problems
from crosslate.service.http.document_answers import DocumentForm
from crosslate.service.http.operation_responses import ProblemAnswer
from crosslate.service.http.requests import AlignBody, DetectBody, GlossaryBody, SummarizeBody, TranslateBody

_REF = "#/components/schemas/{model}"
_BODIES: tuple[type[BaseModel], ...] = (
    *(TranslateBody, AlignBody, DetectBody, SummarizeBody),
    *(GlossaryBody, DocumentForm, ProblemAnswer),
)
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


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """For `openapi_extra`: the operation takes this body."""
    content = {"schema": {"$ref": _REF.format(model=model.__name__)}}
    return {"requestBody": {"required": True, "content": {_JSON: content}}}


def responses(codes: Sequence[str], media: Mapping[str, str] | None = None, status: int = _OK) -> Responses:
    """Every status of an operation: that of success with its further media types, and each problem."""
    schemas = {kind: {"type": "string", "description": text} for kind, text in (media or {}).items()}
    found: Responses = {status: {"content": {kind: {"schema": schema} for kind, schema in schemas.items()}}}
    for failure, possible in problems.by_status(codes).items():
        found[failure] = _problem(problems.description(failure, possible))
    return {**found, "default": _problem("Any other failure.")}


def describe(app: FastAPI, root_path: str) -> dict[str, Any]:
    """The document of `/openapi.json`, for a service under `root_path`."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    here = {"url": root_path or "/", "description": "this server"}
    return {**app.openapi_schema, "servers": [here, _DEFAULT_SERVER]}


def operation_id(route: APIRoute) -> str:
    """The name of its function, which client generators make a function's name of."""
    return route.name


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes, tags=_TAGS
    )
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    _, schemas = models_json_schema([(model, "validation") for model in _BODIES], ref_template=_REF)
    document.setdefault("components", {}).setdefault("schemas", {}).update(_with_file(schemas["$defs"]))
    document["components"]["securitySchemes"] = {"key": _SECURITY_SCHEME}
    for methods in document["paths"].values():
        _add_examples(methods)
        _add_security(methods)
    return document


def _with_file(schemas: dict[str, Any]) -> dict[str, Any]:
    """The form of documents has a part that is no field: the document."""
    form = schemas["DocumentForm"]
    form["properties"]["file"] = {
        "type": "string",
        "format": "binary",
        "description": "The document. What it is, is told by the end of its name.",
    }
    form["required"].append("file")
    return schemas


def _add_security(methods: Mapping[str, dict[str, Any]]) -> None:
    """What can refuse a key takes one; whether it needs one, the settings say."""
    for operation in methods.values():
        if _UNAUTHORIZED in operation["responses"]:
            operation["security"] = [{}, {"key": []}]


def _add_examples(methods: Mapping[str, dict[str, Any]]) -> None:
    """Afterwards: FastAPI would leave out every member that is null."""
    for operation in methods.values():
        for name, example in examples().get(operation["operationId"], {}).items():
            answers = operation["responses"][str(example["status"])]["content"][example["media_type"]]
            _add_example(answers, name, example["summary"], example["answer"])
            if "request" in example:
                (body,) = operation["requestBody"]["content"].values()
                _add_example(body, name, example["summary"], example["request"])


def _add_example(content: dict[str, Any], name: str, summary: str, value: object) -> None:
    content.setdefault("examples", {})[name] = {"summary": summary, "value": value}


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model="ProblemAnswer")}
    return {"description": text, "content": {_PROBLEM_JSON: {"schema": schema}}}
