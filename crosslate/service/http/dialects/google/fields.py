"""The bodies of Google's version 3, "Advanced": JSON, whose members have two names each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from crosslate.service.errors import not_supported
from crosslate.service.http.dialects.google.asking import Wanted
from crosslate.service.http.dialects.notes import without_effect
from crosslate.service.http.dialects.reading import LenientFields
from crosslate.service.http.requests import Texts, as_texts

_OF_EVERY_REQUEST = frozenset({"parent", "labels"})
"""Where the request belongs, for who counts requests."""
_HTML = "text/html"


def _in_lower_case(value: object) -> object:
    """What is empty is HTML."""
    return (value.strip().lower() or _HTML) if isinstance(value, str) else value


MimeType = Annotated[Literal["text/html", "text/plain"], BeforeValidator(_in_lower_case)]
TargetCode = Annotated[str, Field(min_length=1)]


class AdvancedFields(LenientFields):
    """`mimeType` is `mime_type` too; what is not known is kept, and said to be without effect."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")

    def notes(self) -> list[str]:
        """What was sent in vain."""
        extra = self.model_extra or {}
        sent = (name for name, value in extra.items() if value and not name.startswith("$"))
        return without_effect(sorted(set(sent) - _OF_EVERY_REQUEST))


class GlossaryConfig(AdvancedFields):
    """A glossary that is kept here."""

    glossary: Annotated[str, Field(min_length=1)]
    ignore_case: bool = False
    """Always so."""

    def sent(self) -> dict[str, Any]:
        """As the answer repeats it."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class Transliteration(AdvancedFields):
    """Of languages in another script."""

    enable_transliteration: bool = False


class TranslateFields(AdvancedFields):
    """`:translateText`."""

    contents: Texts
    target_language_code: TargetCode
    source_language_code: str = ""
    """Empty: detected."""
    mime_type: MimeType = "text/html"
    model: str = ""
    glossary_config: GlossaryConfig | None = None
    transliteration_config: Transliteration | None = None
    labels: Any = None

    def wanted(self, model: str | None) -> Wanted:
        """With the id of a served model.

        Raises:
            ServiceError: 400 what is asked for cannot be had.
        """
        if self.transliteration_config and self.transliteration_config.enable_transliteration:
            raise not_supported("Nothing is transliterated: leave transliterationConfig out.")
        return Wanted(
            texts=as_texts(self.contents),
            source=self.source_language_code,
            target=self.target_language_code,
            text_format="html" if self.mime_type == _HTML else "text",
            model=model,
        )


class DetectFields(AdvancedFields):
    """`:detectLanguage`."""

    content: str
    mime_type: MimeType = "text/html"
    model: str = ""
    labels: Any = None


class ListFields(AdvancedFields):
    """`/supportedLanguages`, of the query."""

    display_language_code: str = ""
    """Empty: no names are told."""
    model: str = ""


class DocumentInput(AdvancedFields):
    """A document."""

    mime_type: str = ""
    content: str | None = Field(default=None, repr=False)
    """In base64."""
    gcs_source: Any = None


class DocumentOutput(AdvancedFields):
    """What is to become of its translation."""

    mime_type: str = ""
    gcs_destination: Any = None


class DocumentFields(AdvancedFields):
    """`:translateDocument`."""

    document_input_config: DocumentInput
    target_language_code: TargetCode
    source_language_code: str = ""
    document_output_config: DocumentOutput = DocumentOutput()
    model: str = ""
    glossary_config: GlossaryConfig | None = None
    labels: Any = None
