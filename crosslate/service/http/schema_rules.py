"""What JSON Schema can say of bodies beyond their fields: limits of this service, fields that need others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crosslate.service.settings.config import LimitSettings

Schema = dict[str, Any]

_NULL: Schema = {"type": "null"}
_LEVELS = ["links", "matrix", "symmetric", "full"]
_AUTO = "^[Aa][Uu][Tt][Oo]$"
_ONE_TEXT: Schema = {"anyOf": [{"type": "string"}, {"type": "array", "maxItems": 1}]}
_WHOLE: Schema = {"properties": {"stream": {"const": False}}}
_STREAMED: Schema = {"stream": {"anyOf": [_WHOLE, {"properties": {"text": _ONE_TEXT}}]}}


def _needs(field: str, other: str, schema: Schema) -> Schema:
    """`other` has to be there, and like that, where `field` is not null."""
    with_it = {"required": [other], "properties": {other: schema}}
    return {field: {"anyOf": [{"properties": {field: _NULL}}, with_it]}}


_STORED: Schema = _needs("glossary_id", "source_lang", {"type": "string", "not": {"pattern": _AUTO}})
OF_TRANSLATION: Schema = {
    "dependentSchemas": {
        **_needs("hard_links", "alignment", {"enum": _LEVELS}),
        **_STORED,
        **_STREAMED,
    }
}
"""Of `/v1/translate`."""
OF_DOCUMENTS: Schema = {"dependentSchemas": _STORED}
"""Of `/v1/documents`."""
OF_SUMMARIES: Schema = {"dependentSchemas": _STREAMED}
"""Of `/v1/summarize`."""
OF_NAMES: Schema = {"pattern": "^[^\\u0000]*[^\\u0000\\s][^\\u0000]*$"}
"""Of a glossary."""
OF_PHRASES: Schema = {"pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$"}
"""Of terms: no line ends, no control characters. That one of the characters has to be a letter or a digit
cannot be said in all languages that patterns are read in."""


def within(schemas: Mapping[str, Schema], limits: LimitSettings) -> None:
    """Lower the bounds in schemas of bodies, by name, to those of the settings."""
    generation = schemas["GenerationBody"]["properties"]
    _lower(generation["num_beams"], limits.max_beams)
    if limits.max_new_tokens is not None:
        _lower(generation["max_new_tokens"], limits.max_new_tokens)
    translation = schemas["TranslateBody"]["properties"]
    _lower(translation["num_alternatives"], min(limits.max_alternatives, limits.max_beams - 1))
    for schema in schemas.values():
        properties = schema.get("properties", {})
        if "timeout_s" in properties:
            _lower(properties["timeout_s"], limits.max_timeout_s)
        for branch in properties.get("text", {}).get("oneOf", ()):
            if branch["type"] == "array":
                branch["maxItems"] = limits.max_texts


def as_form(schema: Schema) -> None:
    """Make a schema one of a form, whose fields are texts: none of them is null."""
    for name, field in schema["properties"].items():
        if _NULL in field.get("anyOf", ()):
            (given,) = (branch for branch in field["anyOf"] if branch != _NULL)
            described = {key: value for key, value in field.items() if key not in {"anyOf", "default"}}
            schema["properties"][name] = {**given, **described}


def _lower(field: Schema, most: float) -> None:
    for branch in _numbers(field):
        branch["maximum"] = min(branch.get("maximum", most), most)


def _numbers(field: Schema) -> Iterator[Schema]:
    for branch in field.get("anyOf", [field]):
        if branch.get("type") in {"integer", "number"}:
            yield branch
