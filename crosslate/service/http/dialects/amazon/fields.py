"""The members of Amazon's requests."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from crosslate.service.http.dialects.notes import without_effect
from crosslate.service.http.dialects.reading import LenientFields

_MOST_PAGE = 500
MAX_TERMINOLOGIES = 5
"""Amazon takes one."""


def _decoded(value: object) -> object:
    """In JSON they are in base64."""
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not in base64") from None


Blob = Annotated[bytes, BeforeValidator(_decoded), Field(repr=False)]
Code = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=1024)]
DataFormat = Literal["CSV", "TSV", "TMX"]


class AmazonFields(LenientFields):
    """Names of members in their API's way; what is not known is kept, and said to be without effect."""

    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=False, extra="allow")

    def notes(self) -> list[str]:
        """What was sent in vain."""
        return without_effect(sorted(name for name, value in (self.model_extra or {}).items() if value))


class SettingsFields(AmazonFields):
    """`Settings`: none of them changes anything."""

    formality: Literal["FORMAL", "INFORMAL"] | None = None
    profanity: Literal["MASK"] | None = None
    brevity: Literal["ON"] | None = None

    def notes(self) -> list[str]:
        """All of them."""
        sent = [name for name in type(self).model_fields if getattr(self, name) is not None]
        return without_effect([f"Settings.{to_pascal(name)}" for name in sent]) + super().notes()


class TranslationFields(AmazonFields):
    """What texts and documents have in common."""

    source_language_code: Code
    """`auto`: detected."""
    target_language_code: Code
    terminology_names: Annotated[tuple[Name, ...], Field(max_length=MAX_TERMINOLOGIES)] = ()
    settings: SettingsFields | None = None

    def notes(self) -> list[str]:
        """With those of the settings."""
        return super().notes() + (self.settings.notes() if self.settings else [])


class TextFields(TranslationFields):
    """`TranslateText`."""

    text: str


class DocumentInput(AmazonFields):
    """A document."""

    content: Blob
    content_type: str


class DocumentFields(TranslationFields):
    """`TranslateDocument`."""

    document: DocumentInput

    def notes(self) -> list[str]:
        """With those of the document."""
        return super().notes() + self.document.notes()


class PageFields(AmazonFields):
    """Of what is listed in pages."""

    max_results: Annotated[int, Field(ge=1, le=_MOST_PAGE)] = _MOST_PAGE
    next_token: str = ""


class LanguagesFields(PageFields):
    """`ListLanguages`."""

    display_language_code: str = ""


class TerminologyData(AmazonFields):
    """A terminology's file."""

    file: Blob
    format: DataFormat
    directionality: Literal["UNI", "MULTI"] = "UNI"


class ImportFields(AmazonFields):
    """`ImportTerminology`."""

    name: Annotated[str, Field(max_length=256, pattern=r"^([A-Za-z0-9-]_?)+$")]
    merge_strategy: Literal["OVERWRITE"]
    terminology_data: TerminologyData
    encryption_key: Any = None

    def notes(self) -> list[str]:
        """With those of the data."""
        return super().notes() + self.terminology_data.notes()


class NameFields(AmazonFields):
    """`DeleteTerminology`."""

    name: Name


class ShowFields(NameFields):
    """`GetTerminology`."""

    terminology_data_format: DataFormat = "CSV"
