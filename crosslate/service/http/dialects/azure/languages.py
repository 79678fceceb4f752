"""Azure's `/languages`, and which languages a request may name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.http.dialects.azure.errors import RefusalError
from crosslate.service.http.dialects.azure.fields import NEWER, VERSION, version_of
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.routes.operation import served_languages
from crosslate.service.http.services import Services
from crosslate.service.pipeline.language.languages import (
    LanguageSet,
    is_right_to_left,
    language_name,
    native_name,
    standard_tag,
)

_SCOPES = ("translation", "transliteration", "dictionary")
_NEWER_SCOPES = ("translation", "transliteration", "models")
_EMPTY: Mapping[str, Any] = MappingProxyType({"transliteration": {}, "dictionary": {}, "models": []})
"""What nothing is offered of; `models` are language models, one by one."""


class AzureLanguages:
    """Those that are served; what a request names is one of them or refused by its own number."""

    def __init__(self, services: Services) -> None:
        served = served_languages(services)
        self._codes = LanguageCodes.of(services)
        self._sources = LanguageSet(language.lang for language in served)
        self._targets = LanguageSet(target for language in served for target in language.targets)

    @property
    def all(self) -> list[str]:
        """Of either side, in alphabetical order."""
        return sorted({*self._sources, *self._targets})

    def source(self, code: str | None, name: str = "from") -> str | None:
        """What the pipeline takes for a source language; None: to be detected. `name` is its parameter's.

        Raises:
            RefusalError: nothing is translated from it.
        """
        source = self._codes.source(code)
        if source is not None and self._sources.match(source) is None:
            raise RefusalError(
                400035, f"The source language ({name}) is not served. Served are: {self._listed(True)}."
            )
        return source

    def target(self, code: str, name: str = "to") -> str:
        """What the pipeline takes for a target language; `name` is its parameter's.

        Raises:
            RefusalError: nothing is translated into it.
        """
        target = self._codes.target(code)
        if self._targets.match(target) is None:
            raise RefusalError(
                400036, f"A target language ({name}) is not served. Served are: {self._listed(False)}."
            )
        return target

    def is_source(self, code: str) -> bool:
        """Whether texts in it are translated."""
        return self._sources.match(code) is not None

    def _listed(self, is_source: bool) -> str:
        return ", ".join(sorted(self._sources if is_source else self._targets)[:20])


def language_routes(services: Services, languages: AzureLanguages) -> APIRouter:
    """For translation only: nothing is transliterated, and there are no dictionaries to look words up in."""
    router = APIRouter()

    @router.get("/languages")
    async def list_languages(request: Request) -> Response:
        is_newer = version_of(request.query_params, VERSION, NEWER) == NEWER
        wanted = _scopes(request.query_params.get("scope"), _NEWER_SCOPES if is_newer else _SCOPES)
        reader = _reader(request.headers.get("accept-language", ""))
        more: dict[str, Any] = {"models": []} if is_newer else {}
        described = {code: {**_described(code, reader), **more} for code in languages.all}
        content = {scope: _EMPTY.get(scope, described) for scope in wanted}
        return JSONResponse(content, headers={"Content-Language": reader})

    return router


def _scopes(given: str | None, known: Sequence[str]) -> list[str]:
    wanted = [name.strip() for name in (given or "").split(",") if name.strip()] or list(known)
    if not set(wanted) <= set(known):
        raise RefusalError(400001, f"scope has to be some of {', '.join(known)}.")
    return wanted


def _reader(accept_language: str) -> str:
    """The first language that is accepted, to name languages in."""
    first = accept_language.split(",", maxsplit=1)[0].split(";", maxsplit=1)[0].strip()
    tag = standard_tag(first) if first and first != "*" else None
    return tag or "en"


def _described(code: str, reader: str) -> dict[str, str]:
    return {
        "name": language_name(code, reader),
        "nativeName": native_name(code),
        "dir": "rtl" if is_right_to_left(code) else "ltr",
    }
