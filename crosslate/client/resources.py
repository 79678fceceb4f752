"""What a server has: models, languages, glossaries, documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from crosslate.client.translations import Notice


@dataclass(frozen=True, slots=True)
class ModelAlignment:
    """Where a model's alignments are read, and the least score of a link."""

    layer: int
    heads: tuple[int, ...] | None
    row: Literal["input", "output"]
    threshold: float


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is served; `pairs` is empty where there are more than 500."""

    id: str
    task: Literal["translation", "summarization"]
    family: str
    pairs: tuple[tuple[str, str], ...]
    num_pairs: int
    source_langs: tuple[str, ...]
    target_langs: tuple[str, ...]
    device: str
    dtype: str
    state: str
    alignment: ModelAlignment
    max_source_tokens: int
    size_bytes: int
    license: str | None


@dataclass(frozen=True, slots=True)
class Language:
    """A source language and its targets; those under `pivoted` are reached through a third language."""

    lang: str
    name: str
    targets: tuple[str, ...]
    pivoted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GlossaryDictionary:
    """How much a glossary has for one pair of languages."""

    source_lang: str
    target_lang: str
    num_entries: int


@dataclass(frozen=True, slots=True)
class Glossary:
    """A glossary that the server keeps; `id` is what `glossary_id` of a translation takes."""

    id: str
    name: str
    created: datetime
    dictionaries: tuple[GlossaryDictionary, ...]
    warnings: tuple[Notice, ...]
    """What was done with the file that it has just been made of."""


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """A term, and what it becomes."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class DocumentNotice:
    """One thing that the reader of a translated document should know; `place` is where in it."""

    code: str
    message: str
    place: str | None


@dataclass(frozen=True, slots=True)
class TermCount:
    """How often a glossary's terms stand in a document, and how many of these are as it has them."""

    found: int
    enforced: int


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """Why a document could not be translated."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Document:
    """How far a document is: `progress` is 0 to 1. Whoever has the `id` and the key can read the document."""

    id: str
    state: Literal["queued", "running", "done", "failed"]
    progress: float
    characters: int
    warnings: tuple[DocumentNotice, ...]
    terms: TermCount | None
    error: DocumentFault | None


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A translated file, and the name that the server has for it."""

    name: str
    content: bytes
