"""The OpenAPI description: bodies are read by `read_json`, so they are named here."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.http.requests import AlignBody, DetectBody, SummarizeBody, TranslateBody
from service.http.responses import ProblemAnswer

_REF = "#/components/schemas/{model}"
_BODIES: tuple[type[BaseModel], ...] = (TranslateBody, AlignBody, DetectBody, SummarizeBody, ProblemAnswer)
_DESCRIPTION = "Translation and summarization with alignments, from encoder-decoder models."

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "Any failure, as RFC 9457 problem details.",
        "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="ProblemAnswer")}}},
    }
}


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """For `openapi_extra`: the route takes this body."""
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def describe(app: FastAPI) -> dict[str, Any]:
    """The document of `/openapi.json`; built once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes
        )
        _, schemas = models_json_schema([(model, "validation") for model in _BODIES], ref_template=_REF)
        document.setdefault("components", {}).setdefault("schemas", {}).update(schemas["$defs"])
        app.openapi_schema = document
    return app.openapi_schema
