"""The language that a document says it is in, by which programs look for misspellings and hyphenate.

A translation that says it is in the source's language is underlined in red from its first word to its last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import langcodes
from lxml.etree import _Element as Element

from crosslate.service.pipeline.language.languages import standard_tag

T = TypeVar("T")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_EAST_ASIAN = frozenset({"Hans", "Hant", "Jpan", "Kore"})
_COMPLEX = frozenset({"Arab", "Aran", "Hebr", "Syrc", "Thaa", "Deva", "Beng", "Taml", "Telu", "Thai"})
_NO_LANGUAGE = frozenset({"none", "zxx"})


@dataclass(frozen=True, slots=True)
class Language:
    """A language as office programs want it: always with a country."""

    name: str
    country: str
    script: str

    @classmethod
    def of(cls, code: str) -> Language | None:
        """None for what is no language, or one that is of no country."""
        tag = standard_tag(code)
        if not tag:
            return None
        full = langcodes.Language.get(tag).maximize()
        if not full.language or not full.territory or not full.script:
            return None
        return cls(full.language, full.territory, full.script)

    @property
    def tag(self) -> str:
        """Such as `pt-BR`."""
        return f"{self.name}-{self.country}"


def set_office_language(roots: Iterable[Element], language: Language) -> None:
    """Of all text of Word's and of shapes; text of Word's has one for each kind of script."""
    kind = _kind(language, "val", "eastAsia", "bidi")
    for root in roots:
        for said in root.iter(f"{_W}lang"):
            said.set(f"{_W}{kind}", language.tag)
        for properties in root.iter(f"{_A}rPr", f"{_A}endParaRPr", f"{_A}defRPr"):
            if properties.get("lang") is not None:
                properties.set("lang", language.tag)


def set_open_document_language(roots: Iterable[Element], language: Language) -> None:
    """Of all styles that have one."""
    namespace, end = _kind(language, (_FO, ""), (_STYLE, "-asian"), (_STYLE, "-complex"))
    for root in roots:
        for properties in root.iter(f"{_STYLE}text-properties"):
            if properties.get(f"{namespace}language{end}", "none") not in _NO_LANGUAGE:
                properties.set(f"{namespace}language{end}", language.name)
                properties.set(f"{namespace}country{end}", language.country)


def _kind(language: Language, western: T, east_asian: T, complex_one: T) -> T:
    """Programs have three languages for each text, by its script."""
    if language.script in _EAST_ASIAN:
        return east_asian
    return complex_one if language.script in _COMPLEX else western
