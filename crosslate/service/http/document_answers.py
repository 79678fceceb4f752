"""What the native API takes and answers about documents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Json

from crosslate.service.documents.jobs.jobs import DocumentStatus
from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.http import requests
from crosslate.service.http.requests import LanguageTag, ModelId, SourceTag
from crosslate.service.http.responses import Answer
from crosslate.service.http.schema_rules import OF_DOCUMENTS
from crosslate.service.pipeline.fidelity.protected.user_patterns import MAX_PATTERNS
from crosslate.service.pipeline.glossary.phrases import MAX_ENTRIES
from crosslate.service.pipeline.glossary.terms import GlossaryEntry


class DocumentForm(BaseModel):
    """The fields of `POST /v1/documents`, besides `file`. Those that are lists may be given several times."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, json_schema_extra=OF_DOCUMENTS
    )

    target_lang: LanguageTag
    """The language to translate into."""
    source_lang: SourceTag = None
    """The document's own; by default, and for `auto`, detected."""
    model: ModelId = None
    """Which is to translate."""
    protect: Annotated[list[str], Field(max_length=MAX_PATTERNS)] = []
    """Patterns in RE2's syntax of what is not to be translated."""
    glossary: Json[Annotated[list[requests.GlossaryEntry], Field(max_length=MAX_ENTRIES)]] = []
    """Terms, and how they must be translated: a JSON list, as `/v1/translate` takes it."""
    glossary_id: Annotated[str | None, Field(max_length=64)] = None
    """A stored glossary, see `/v1/glossaries`; needs `source_lang`. What `glossary` has of a term counts."""
    columns: list[str] = []
    """Of a CSV file: names, or numbers from 1, of the columns to translate; the first row then has the names.
    By default all cells are translated."""
    paths: list[str] = []
    """Of a JSON file: which strings, such as `messages.*.text`, `*` being any one name or place. By default
    all."""

    @property
    def entries(self) -> list[GlossaryEntry]:
        """Those of `glossary`."""
        return [GlossaryEntry(entry.source, entry.target) for entry in self.glossary]

    def request(self, name: str, glossary: tuple[GlossaryEntry, ...]) -> DocumentRequest:
        """For a file of this name, with these terms."""
        return DocumentRequest(
            name=name,
            target_lang=self.target_lang,
            source_lang=self.source_lang,
            model=self.model,
            protect=tuple(self.protect),
            glossary=glossary,
            columns=tuple(self.columns),
            paths=tuple(self.paths),
        )


class DocumentNoticeAnswer(Answer):
    """One thing that the reader of the translated document should know."""

    code: str
    """As of translations; `document` for what was found when the file was read, `not_translated` for a part
    that was left as it is."""
    message: str
    """For people."""
    place: str | None
    """Where in the document; null where it is about all of it."""


class TermCountAnswer(Answer):
    """How far a document's translation is held to the glossary."""

    found: int
    """How often its terms stand in the document."""
    enforced: int
    """How many of these are translated as it has them; `warnings` says of each other one where it is."""


class DocumentErrorAnswer(Answer):
    """Why a document could not be translated."""

    code: str
    """As a problem's."""
    detail: str
    """What was wrong, and what to do about it."""


class DocumentAnswer(Answer):
    """How far a document is."""

    id: str
    """What it is asked for by. It holds the key of the document's files: whoever has it can read them."""
    state: Literal["queued", "running", "done", "failed"]
    """`done`: its translation is at `/v1/documents/{id}/result`."""
    progress: float
    """0 to 1, of its characters."""
    characters: int
    """To be translated."""
    warnings: list[DocumentNoticeAnswer]
    """Once it is done."""
    terms: TermCountAnswer | None
    """Once it is done; null without a glossary."""
    error: DocumentErrorAnswer | None
    """Where it has failed."""

    @classmethod
    def of(cls, token: str, status: DocumentStatus) -> DocumentAnswer:
        """From what `DocumentJobs.status` says."""
        error, terms = None, status.report.terms
        if status.error_code is not None:
            error = DocumentErrorAnswer(code=status.error_code, detail=status.error or "")
        return cls(
            id=token,
            state=status.state,
            progress=round(status.progress, 4),
            characters=status.num_characters,
            warnings=[DocumentNoticeAnswer.model_validate(one) for one in status.report.notices],
            terms=None if terms is None else TermCountAnswer.model_validate(terms),
            error=error,
        )
