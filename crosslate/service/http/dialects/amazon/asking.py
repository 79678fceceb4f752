"""What translations of texts and of documents have in common in Amazon's API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosslate.service.http.dialects.amazon.fields import TranslationFields
from crosslate.service.http.dialects.amazon.languages import AmazonLanguages
from crosslate.service.http.dialects.amazon.terminologies import Terminologies
from crosslate.service.http.dialects.amazon.terms import NamedTerms
from crosslate.service.http.glossary_terms import terms_of
from crosslate.service.http.services import Services
from crosslate.service.pipeline.language.languages import same_language
from crosslate.service.serving.serving import Call


@dataclass(frozen=True, slots=True)
class Asking:
    """From a request's members to the pipeline's, and back."""

    services: Services
    languages: AmazonLanguages
    terminologies: Terminologies

    def pair(self, fields: TranslationFields) -> tuple[str | None, str]:
        """The languages, the first None where it is to be detected."""
        codes = self.languages.codes
        return codes.source(fields.source_language_code), codes.target(fields.target_language_code)

    async def terms(self, fields: TranslationFields, pair: tuple[str | None, str], call: Call) -> NamedTerms:
        """Of all terminologies that are named, for a pair of languages.

        Raises:
            ServiceError: 404 there is no such terminology, 400 it is not for these languages, 422 there is no
                source language to tell them by.
        """
        if not fields.terminology_names or same_language(pair[0] or "", pair[1]):
            return NamedTerms({})
        owner = self.services.serving.owner(call)
        rows = {name: await self.terminologies.named(owner, name) for name in fields.terminology_names}
        return NamedTerms(
            {name: await terms_of(self.services, call, (), [row.id], pair) for name, row in rows.items()}
        )

    def told(self, fields: TranslationFields, found: str) -> Mapping[str, Any]:
        """The answer's members on languages and settings; `found` is the source's by its served name."""
        is_named = self.languages.codes.source(fields.source_language_code) is not None
        languages = {
            "SourceLanguageCode": fields.source_language_code if is_named else self.languages.code(found),
            "TargetLanguageCode": fields.target_language_code,
        }
        return languages if fields.settings is None else {**languages, "AppliedSettings": {}}
