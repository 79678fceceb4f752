"""The fields of LibreTranslate's requests, checked and named as it does."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import Field
from starlette.requests import Request

from crosslate.service.errors import FieldError, malformed
from crosslate.service.http.dialect import Fields
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.dialects.reading import LenientFields, parsed, read_fields
from crosslate.service.http.requests import Texts, as_texts
from crosslate.service.pipeline.types import TranslationRequest

Wanted = TypeVar("Wanted", bound=LenientFields)
Item = TypeVar("Item")

_LISTS = frozenset({"q"})


class TranslateFields(LenientFields):
    """`POST /translate`."""

    q: Texts
    source: str
    target: str
    format: Literal["text", "html"] = "text"
    alternatives: Annotated[int, Field(ge=0)] = 0

    def requests(self, codes: LanguageCodes) -> list[TranslationRequest]:
        """One for each text."""
        return [
            TranslationRequest(
                text=text,
                text_format=self.format,
                target_lang=codes.target(self.target),
                source_lang=codes.source(self.source),
                num_alternatives=self.alternatives,
            )
            for text in as_texts(self.q)
        ]

    def like_q(self, items: list[Item]) -> Item | list[Item]:
        """A list for a list, one for one."""
        return items[0] if isinstance(self.q, str) else items


class DetectFields(LenientFields):
    """`POST /detect`."""

    q: str


async def read_fields_of(request: Request, model: type[Wanted]) -> tuple[Fields, Wanted]:
    """What was sent, and what it asks for; a form may have several texts, as JSON may.

    Raises:
        ServiceError: 422; in LibreTranslate's words where a required field is not there, or empty.
    """
    fields = dict(await read_fields(request, lists=_LISTS))
    for name, field in model.model_fields.items():
        if field.is_required() and not fields.get(name):
            raise malformed((FieldError((), f"missing {name} parameter"),))
    if _is_form(request):
        # Forms have CR LF between lines, whatever the page or program had.
        fields["q"] = _with_plain_line_ends(fields["q"])
    return fields, parsed(fields, model)


def _with_plain_line_ends(sent: str | list[str]) -> str | list[str]:
    texts = [text.replace("\r\n", "\n") for text in as_texts(sent)]
    return texts[0] if isinstance(sent, str) else texts


def _is_form(request: Request) -> bool:
    return "form" in request.headers.get("content-type", "").partition(";")[0].lower()
