"""What may be asked for besides the text; the meaning of each is in the API's reference.

What is not given is the server's default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from crosslate.client.resources import GlossaryEntry

OffsetUnit: TypeAlias = Literal["codepoint", "utf16", "utf8"]
HardLinks: TypeAlias = Literal["free", "monotone"]
Entries: TypeAlias = Mapping[str, str] | Sequence[GlossaryEntry]
"""Terms and what they become; a sequence where a term has several translations to choose from."""


class Generation(TypedDict, total=False):
    """How to decode; what is not given comes from the checkpoint."""

    num_beams: int
    max_new_tokens: int
    min_new_tokens: int
    length_penalty: float
    repetition_penalty: float
    no_repeat_ngram_size: int
    early_stopping: bool | Literal["never"]
    do_sample: bool
    temperature: float
    top_k: int
    top_p: float
    seed: int


class TranslateOptions(TypedDict, total=False):
    """Of a translation."""

    source_lang: str
    model: str
    format: Literal["text", "markdown", "html", "xml"]
    ignore_tags: Sequence[str]
    splitting_tags: Sequence[str]
    non_splitting_tags: Sequence[str]
    translate_attributes: bool | Sequence[str]
    protect: Sequence[str]
    line_breaks: Literal["auto", "keep", "join"]
    split_sentences: bool
    truncation: Literal["split", "error"]
    alignment: Literal["none", "links", "matrix", "symmetric", "full"]
    hard_links: HardLinks | None
    offset_unit: OffsetUnit
    num_alternatives: int
    glossary: Entries
    glossary_id: str
    timeout_s: float
    generation: Generation


class SummarizeOptions(TypedDict, total=False):
    """Of a summary."""

    model: str
    format: Literal["text", "markdown", "html", "xml"]
    length: Literal["auto", "headline", "short", "medium", "long"]
    query: str
    style: Literal["prose", "bullets"]
    alignment: Literal["none", "sentences", "links", "matrix"]
    offset_unit: OffsetUnit
    timeout_s: float
    generation: Generation


class AlignOptions(TypedDict, total=False):
    """Of the alignment of a pair that one has."""

    model: str
    alignment: Literal["links", "matrix", "symmetric", "full"]
    hard_links: HardLinks | None
    offset_unit: OffsetUnit
    timeout_s: float


class DocumentOptions(TypedDict, total=False):
    """Of a document."""

    source_lang: str
    model: str
    protect: Sequence[str]
    glossary: Entries
    glossary_id: str
    columns: Sequence[str]
    paths: Sequence[str]


def entries_json(entries: Entries) -> list[dict[str, str]]:
    """As the API takes them."""
    if isinstance(entries, Mapping):
        return [{"source": source, "target": target} for source, target in entries.items()]
    return [{"source": entry.source, "target": entry.target} for entry in entries]


def options_json(options: Mapping[str, Any]) -> dict[str, Any]:
    """As the API takes them: sequences as lists."""
    body = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
        if name != "glossary"
    }
    return body | ({"glossary": entries_json(options["glossary"])} if "glossary" in options else {})
