"""The body of `/v2/translate`, in JSON or as a form, and what of it has no effect here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.requests import Request

from crosslate.service.errors import ServiceError, not_supported
from crosslate.service.http.dialects.notes import without_effect
from crosslate.service.http.dialects.reading import (
    FORM,
    form_items,
    json_object,
    media_type,
    parsed,
    unreadable,
)
from crosslate.service.http.forms import query_pairs
from crosslate.service.pipeline.markup.options import NO_OPTIONS, MarkupOptions
from crosslate.service.pipeline.types import LineBreaks

Formality = Literal["default", "more", "less", "prefer_more", "prefer_less"]
_TEXT = "text"
_COMMA_LISTS = frozenset({"non_splitting_tags", "splitting_tags", "ignore_tags", "glossary_ids"})
_OF_MARKUP = ("non_splitting_tags", "splitting_tags", "ignore_tags")
_DIGITS = {"false": "0", "true": "1"}
_MAX_PARTS = 2000


def _as_texts(value: object) -> object:
    if not isinstance(value, str | list):
        raise ValueError("should be a string or a list of strings")
    return [value] if isinstance(value, str) else value


def _as_digit(value: object) -> object:
    """`split_sentences` is a string at DeepL, and a number or a truth value in many callers, forms too."""
    if isinstance(value, str):
        return _DIGITS.get(value.lower(), value)
    return str(int(value)) if isinstance(value, bool | int) else value


class TranslateFields(BaseModel):
    """`POST /v2/translate`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    text: Annotated[list[str], BeforeValidator(_as_texts), Field(min_length=1)]
    target_lang: str
    source_lang: str | None = None
    split_sentences: Annotated[Literal["0", "1", "nonewlines"] | None, BeforeValidator(_as_digit)] = None
    preserve_formatting: bool = False
    """Always so: nothing is corrected."""
    formality: Formality = "default"
    model_type: Literal["quality_optimized", "prefer_quality_optimized", "latency_optimized"] | None = None
    tag_handling: Literal["xml", "html"] | None = None
    tag_handling_version: Literal["v1", "v2"] = "v2"
    outline_detection: bool = True
    non_splitting_tags: list[str] = Field(default_factory=list)
    splitting_tags: list[str] = Field(default_factory=list)
    ignore_tags: list[str] = Field(default_factory=list)
    glossary_id: str | None = None
    glossary_ids: list[str] = Field(default_factory=list)
    show_billed_characters: bool = True
    """They are always shown: DeepL's Python client fails without them."""
    enable_beta_languages: bool = False
    """Without effect at DeepL too."""
    auth_key: str | None = Field(default=None, repr=False)
    """Where older clients put the key."""

    @property
    def line_breaks(self) -> LineBreaks:
        """Whether a sentence may go on in the next line: in markup it may.

        `1` says that it may not, `nonewlines` that it may. Of who says nothing the lines are read as they
        look.
        """
        if self.tag_handling is not None or self.split_sentences not in ("1", "nonewlines"):
            return "auto"
        return "keep" if self.split_sentences == "1" else "join"

    @property
    def markup(self) -> MarkupOptions:
        """How tags are read; the first version takes what is not well formed."""
        if self.tag_handling is None:
            return NO_OPTIONS
        return MarkupOptions(
            ignored=frozenset(self.ignore_tags),
            splitting=frozenset(self.splitting_tags),
            non_splitting=frozenset(self.non_splitting_tags),
            finds_outline=self.outline_detection,
            is_lenient=self.tag_handling_version == "v1",
        )

    def notes(self) -> list[str]:
        """What was sent and has no effect: it would have made the translation better, and none is wrong."""
        idle = without_effect(sorted(self.model_extra or ()))
        if self.formality in {"prefer_more", "prefer_less"}:
            idle += without_effect(["formality"])
        if self.tag_handling is None:
            idle += without_effect([name for name in _OF_MARKUP if getattr(self, name)])
        if self.tag_handling != "xml" and not self.outline_detection:
            idle += without_effect(["outline_detection"])
        return idle


async def read_fields(request: Request) -> dict[str, Any]:
    """The members of a JSON object or of a form, of which `text` may stand there several times.

    What the body has not is read from the query: older programs have their key there, as DeepL's own
    examples once had, and `deep-translator` everything.

    Raises:
        ServiceError: 400 no valid multipart; 415 another type of body; 422 unreadable, or a field given
            twice.
    """
    return {**_form_fields(query_pairs(request)), **await _body_fields(request)}


async def _body_fields(request: Request) -> dict[str, Any]:
    """Of a body, where there is one; raises as `read_fields`."""
    if not (await request.body()).strip():
        return {}
    items = await form_items(request, max_parts=_MAX_PARTS)
    if items is not None:
        return _form_fields(items)
    kind = media_type(request)
    if kind and "json" not in kind:
        raise ServiceError(
            "unsupported_media_type",
            f"Send JSON with the header Content-Type: application/json, or a form as {FORM}.",
        )
    return json_object(await request.body())


def parse_fields(fields: Mapping[str, Any]) -> TranslateFields:
    """The fields, checked; `null` is as good as nothing, as is an empty value of a form but in a text.

    Raises:
        ServiceError: 422 that names every fault.
    """
    is_given = {name: value for name, value in fields.items() if value != "" or name == _TEXT}
    return parsed(is_given, TranslateFields)


def check_formality(asked: Formality) -> None:
    """Pass unless it has to be of one kind; raises `ServiceError` 400."""
    if asked in {"more", "less"}:
        raise not_supported(
            "formality is not supported for this target_lang: send prefer_more or prefer_less."
        )


def _form_fields(items: Sequence[tuple[str, str]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in items:
        if name == _TEXT:
            fields.setdefault(_TEXT, []).append(value)
        elif name in _COMMA_LISTS:
            fields.setdefault(name, []).extend(value.split(",") if value else [])
        elif name in fields:
            known = [name] if name in TranslateFields.model_fields else []
            raise unreadable("stands there more than once, and only text may", *known)
        else:
            fields[name] = value
    return fields
