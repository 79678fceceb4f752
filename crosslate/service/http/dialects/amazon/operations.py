"""Amazon's operations by their names: those that are served, and those that are refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from crosslate.service.errors import ServiceError, TooMuchTextError, not_supported
from crosslate.service.http.dialects.amazon.asking import Asking
from crosslate.service.http.dialects.amazon.documents import Documents
from crosslate.service.http.dialects.amazon.errors import INVALID_VALUE, UNSUPPORTED, NamedError
from crosslate.service.http.dialects.amazon.fields import (
    AmazonFields,
    DocumentFields,
    ImportFields,
    LanguagesFields,
    NameFields,
    PageFields,
    ShowFields,
    TextFields,
    TranslationFields,
)
from crosslate.service.http.dialects.amazon.languages import AmazonLanguages
from crosslate.service.http.dialects.amazon.operation import Answer, Asked, Operation, Taken
from crosslate.service.http.dialects.amazon.terminologies import Terminologies
from crosslate.service.http.dialects.amazon.texts import Texts
from crosslate.service.http.services import Services

_NO_STORAGE = "No storage of Amazon is read or written: send documents one by one to TranslateDocument."
_NO_PARALLEL_DATA = "Nothing is adapted to parallel data: terms go into a terminology (ImportTerminology)."
_NO_TAGS = "Resources have no tags here."
REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "StartTextTranslationJob",
            "StopTextTranslationJob",
            "DescribeTextTranslationJob",
            "ListTextTranslationJobs",
        ),
        _NO_STORAGE,
    ),
    **dict.fromkeys(
        (
            "CreateParallelData",
            "UpdateParallelData",
            "GetParallelData",
            "ListParallelData",
            "DeleteParallelData",
        ),
        _NO_PARALLEL_DATA,
    ),
    **dict.fromkeys(("TagResource", "UntagResource", "ListTagsForResource"), _NO_TAGS),
}
_LANGUAGES = {"source_lang": "SourceLanguageCode", "target_lang": "TargetLanguageCode"}
_TOO_LARGE = frozenset({"body_too_large", "text_too_large", "text_too_long"})
_OWN_NAMES = frozenset({"documents_off", "not_supported_yet"})
_INVALID = frozenset({400, 413, 415, 422})
"""Of what is wrong with a request, and has no name of its own."""


class Operations:
    """All of them."""

    def __init__(self, services: Services) -> None:
        languages, kept = AmazonLanguages(services), Terminologies(services)
        asking = Asking(services, languages, kept)
        text, document = Texts(asking).translate, Documents(asking).translate
        self._by_name: Mapping[str, Operation[Any]] = {
            "TranslateText": Operation(takes=TextFields, answer=text, takes_text=True),
            "TranslateDocument": Operation(takes=DocumentFields, answer=document),
            "ListLanguages": _listing(LanguagesFields, languages.list_all),
            "ImportTerminology": _listing(ImportFields, kept.put),
            "GetTerminology": _listing(ShowFields, kept.show),
            "ListTerminologies": _listing(PageFields, kept.list_all),
            "DeleteTerminology": _listing(NameFields, kept.delete),
        }

    def get(self, name: str) -> Operation[Any]:
        """The one with this name.

        Raises:
            ServiceError: 400 it is refused, 404 there is none.
        """
        if name in REFUSED:
            raise not_supported(f"This operation is not offered. {REFUSED[name]}")
        if name not in self._by_name:
            raise ServiceError(
                "not_found", f"There is no such operation. These are served: {', '.join(self._by_name)}."
            )
        return self._by_name[name]


def _listing(takes: type[Taken], answer: Callable[[Asked[Taken]], Awaitable[Answer]]) -> Operation[Taken]:
    """One on what is served or kept."""
    return Operation(takes=takes, answer=answer, invalid=INVALID_VALUE)


@contextmanager
def named(operation: Operation[Any], fields: AmazonFields | None = None) -> Iterator[None]:
    """Failures get the names that Amazon has for them; `fields`: of the request, once they are read."""
    try:
        yield
    except ServiceError as error:
        raise _named(error, operation, fields) from error


def _named(error: ServiceError, operation: Operation[Any], fields: AmazonFields | None) -> ServiceError:
    if isinstance(error, NamedError | TooMuchTextError):
        return error
    told = error.neutral().with_names(_LANGUAGES)
    if error.code == "unsupported_language_pair" and isinstance(fields, TranslationFields):
        pair = fields.source_language_code, fields.target_language_code
        return NamedError(told, UNSUPPORTED, dict(zip(_LANGUAGES.values(), pair, strict=True)))
    if error.code in _OWN_NAMES or error.status not in _INVALID:
        return told
    is_too_much_text = operation.takes_text and error.code in _TOO_LARGE
    return told if is_too_much_text else NamedError(told, operation.invalid)
