"""The first line of a glossary's file, which may name its columns.

Files for DeepL and Azure have none, those for Google and Amazon name languages, and spreadsheets often
have the words source and target.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosslate.service.pipeline.language.languages import (
    base_language,
    language_name,
    same_language,
    standard_tag,
)

_BREAKS = re.compile(r"[\s_-]+")
_NAMES = frozenset(
    {
        ("source", "target"),
        ("source language", "target language"),
        ("source phrase", "target phrase"),
        ("source term", "target term"),
        ("source text", "target text"),
        ("src", "tgt"),
        ("src", "trg"),
        ("term", "translation"),
    }
)


def is_header(cells: Sequence[str], source_lang: str | None, target_lang: str) -> bool:
    """Whether the first two cells are names for columns, or the languages of the request.

    Args:
        cells: of the first line.
        source_lang: None, to be detected: any language but the target's.
        target_lang: what the second column has to be in.
    """
    if len(cells) < 2:
        return False
    source, target = (_BREAKS.sub(" ", cell.strip().lower()) for cell in cells[:2])
    if (source, target) in _NAMES:
        return True
    if not _names(cells[1], target_lang):
        return False
    if source_lang is not None:
        return _names(cells[0], source_lang)
    return standard_tag(cells[0].strip()) is not None and not _names(cells[0], target_lang)


def is_turned(cells: Sequence[str], source_lang: str | None, target_lang: str) -> bool:
    """Whether they are the languages of the request the other way round."""
    return (
        source_lang is not None
        and not same_language(source_lang, target_lang)
        and is_header(cells, target_lang, source_lang)
        and not is_header(cells, source_lang, target_lang)
    )


def _names(cell: str, lang: str) -> bool:
    """By its code, or in English."""
    named = cell.strip()
    return same_language(named, lang) or named.lower() == language_name(base_language(lang)).lower()
