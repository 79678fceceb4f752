"""`docs/compatibility.md` names every path and parameter that the dialects take, and tests that exist."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from crosslate.service.http.dialect import Dialect
from crosslate.service.http.dialects.amazon import fields as amazon
from crosslate.service.http.dialects.azure.documents import DOCUMENT_PARAMETERS
from crosslate.service.http.dialects.azure.inputs import BodyFields, InputFields, TargetFields
from crosslate.service.http.dialects.azure.translation import PARAMETERS
from crosslate.service.http.dialects.deepl.fields import TranslateFields as DeeplFields
from crosslate.service.http.dialects.deeplx import DeeplxFields, ListFields
from crosslate.service.http.dialects.google import basic, fields
from crosslate.service.http.dialects.hugging_face.fields import (
    HubFields,
    SummaryParameters,
    TranslationParameters,
)
from crosslate.service.http.dialects.libretranslate.fields import DetectFields, TranslateFields
from crosslate.service.http.dialects.nllb import ApiFields, ServeFields
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.services import Services
from tests.service.http.fakes import create_service

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
HEAD = "| operation or parameter | what happens | test |"

FIELDS: Mapping[str, Sequence[type[BaseModel]]] = {
    "amazon": (
        *(amazon.TextFields, amazon.SettingsFields, amazon.DocumentFields, amazon.DocumentInput),
        *(amazon.LanguagesFields, amazon.ImportFields, amazon.TerminologyData, amazon.ShowFields),
    ),
    "amazon-cbor": (),
    "azure": (BodyFields, InputFields, TargetFields),
    "deepl": (DeeplFields,),
    "deeplx": (DeeplxFields, ListFields),
    "google-v2": (basic.TranslateFields, basic.DetectFields, basic.LanguageFields),
    "google-v3": (
        *(fields.TranslateFields, fields.GlossaryConfig, fields.Transliteration, fields.DetectFields),
        *(fields.ListFields, fields.DocumentFields, fields.DocumentInput, fields.DocumentOutput),
    ),
    "hugging-face": (HubFields, TranslationParameters, SummaryParameters),
    "libretranslate": (TranslateFields, DetectFields),
    "nllb-api": (ApiFields,),
    "nllb-serve": (ServeFields,),
}
"""What a dialect reads; a parameter that is refused or ignored stands in no model."""

QUERIES: Mapping[str, Collection[str]] = {"azure": PARAMETERS | DOCUMENT_PARAMETERS}
"""What a dialect reads of a query itself."""


@dataclass(frozen=True)
class Row:
    names: Sequence[str]
    """What stands in backquotes in the first cell: operations, or parameters."""
    tests: Sequence[str]

    @property
    def operations(self) -> list[tuple[str, str]]:
        return [(method, path) for name in self.names for method, _, path in [name.partition(" ")] if path]

    @property
    def parameters(self) -> list[str]:
        return [name for name in self.names if " " not in name]


def rows(section: str) -> Iterator[Row]:
    table = section.split(f"{HEAD}\n|---|---|---|\n")[1]
    for line in table.strip().split("\n"):
        first, _, last = (cell.strip() for cell in line.strip("|").split(" | "))
        yield Row(re.findall(r"`([^`]+)`", first), re.findall(r"`(\w+)`", last))


SECTIONS = {
    heading.lower().replace(" ", "-"): list(rows(text))
    for heading, text in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
}
EVERY = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


def test_every_dialect_has_a_heading_in_alphabetical_order() -> None:
    assert list(SECTIONS) == sorted(dialect.name for dialect in DIALECTS) == sorted(FIELDS)


@EVERY
def test_every_path_of_a_dialect_is_in_its_table(dialect: Dialect) -> None:
    made: list[APIRouter] = []

    def routes(services: Services) -> APIRouter:
        made.append(dialect.routes(services))
        return made[0]

    create_service(dialects=[replace(dialect, routes=routes)])
    paths = get_openapi(title="", version="", routes=made[0].routes)["paths"]
    routed = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    listed = {operation for row in SECTIONS[dialect.name] for operation in row.operations}
    natively = {("POST", "/v1/translate")}
    assert routed
    assert listed - natively == routed


@EVERY
def test_every_parameter_of_a_dialect_is_in_its_table(dialect: Dialect) -> None:
    read = {
        field.alias or name for model in FIELDS[dialect.name] for name, field in model.model_fields.items()
    }
    listed = {name for row in SECTIONS[dialect.name] for name in row.parameters}
    assert read | set(QUERIES.get(dialect.name, ())) <= listed


@EVERY
def test_every_row_names_a_test(dialect: Dialect) -> None:
    files = (ROOT / "tests" / "service" / "http" / "dialects").rglob("test_*.py")
    known = set(re.findall(r"def (test_\w+)\(", "".join(file.read_text(encoding="utf-8") for file in files)))
    assert [row for row in SECTIONS[dialect.name] if not row.tests] == []
    assert {name for row in SECTIONS[dialect.name] for name in row.tests} <= known
