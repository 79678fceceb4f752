"""What somebody wants of a document, as it waits with the file."""

from __future__ import annotations

from dataclasses import dataclass

from crosslate.models.engine.request import Share
from crosslate.service.documents.document import ReadOptions
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.pipeline.types import Allowance, TranslationRequest

_OWNER, _WEIGHT = "documents", 0.1
"""Of the engines, against the weight 1 of all who wait for an answer: documents can wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRequest:
    """One document's; the key that it came with says which models may answer and at what weight."""

    name: str
    """The file's."""
    target_lang: str
    source_lang: str | None = None
    model: str | None = None
    protect: tuple[str, ...] = ()
    glossary: tuple[GlossaryEntry, ...] = ()
    """As it was when the document came, whatever becomes of a stored one meanwhile."""
    columns: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    key_name: str | None = None
    key_weight: float = 1.0
    key_models: tuple[str, ...] | None = None

    @property
    def options(self) -> ReadOptions:
        """For the reader of the file."""
        return ReadOptions(
            target_lang=self.target_lang,
            source_lang=self.source_lang,
            columns=self.columns,
            paths=self.paths,
        )

    @property
    def translation(self) -> TranslationRequest:
        """Of every text in it."""
        return TranslationRequest(
            text="",
            target_lang=self.target_lang,
            source_lang=self.source_lang,
            model=self.model,
            protect=self.protect,
            glossary=self.glossary,
        )

    @property
    def allowance(self) -> Allowance:
        """As long as it takes, behind those who wait for an answer."""
        owner = _OWNER if self.key_name is None else f"{_OWNER} {self.key_name}"
        return Allowance(
            share=Share(owner, _WEIGHT * self.key_weight),
            models=None if self.key_models is None else frozenset(self.key_models),
        )
