"""Azure's `/languages`, and which languages a request may name."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.http.dialects.azure.errors import RefusalError
from crosslate.service.http.dialects.azure.fields import check_version
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.routes.operation import served_languages
from crosslate.service.http.services import Services
from crosslate.service.pipeline.languages import (
    LanguageSet,
    is_right_to_left,
    language_name,
    native_name,
    standard_tag,
)

_SCOPES = ("translation", "transliteration", "dictionary")
_NO_LANGUAGES: dict[str, Any] = {}


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

    def source(self, code: str | None) -> str | None:
        """What the pipeline takes for `from`; None: to be detected.

        Raises:
            RefusalError: nothing is translated from it.
        """
        source = self._codes.source(code)
        if source is not None and self._sources.match(source) is None:
            raise RefusalError(
                400035, f"The source language (from) is not served. Served are: {self._listed(True)}."
            )
        return source

    def target(self, code: str) -> str:
        """What the pipeline takes for `to`.

        Raises:
            RefusalError: nothing is translated into it.
        """
        target = self._codes.target(code)
        if self._targets.match(target) is None:
            raise RefusalError(
                400036, f"A target language (to) is not served. Served are: {self._listed(False)}."
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
        check_version(request.query_params)
        wanted = (request.query_params.get("scope") or ",".join(_SCOPES)).split(",")
        if not set(wanted) <= set(_SCOPES):
            raise RefusalError(400001, f"scope has to be some of {', '.join(_SCOPES)}.")
        reader = _reader(request.headers.get("accept-language", ""))
        described = {code: _described(code, reader) for code in languages.all}
        content = {scope: described if scope == _SCOPES[0] else _NO_LANGUAGES for scope in wanted}
        return JSONResponse(content, headers={"Content-Language": reader})

    return router


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
