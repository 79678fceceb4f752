"""The body of a request to a model on Hugging Face, and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from crosslate.models.engine.request import GenerationParams
from crosslate.service.errors import FieldError, malformed
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.dialects.reading import LenientFields
from crosslate.service.http.requests import GenerationBody, Texts
from crosslate.service.pipeline.summarization.types import (
    SummaryAlignmentLevel,
    SummaryLength,
    SummaryRequest,
)
from crosslate.service.pipeline.text.offsets import OffsetUnit
from crosslate.service.pipeline.types import AlignmentLevel, TranslationRequest
from crosslate.service.settings.validation import request_errors, unknown_key

_LENGTHS = {"max_length": "max_new_tokens", "min_length": "min_new_tokens"}
"""Of `transformers`: with the start token, which ours are without."""


class HubFields(LenientFields):
    """`POST /hf/{model}`. Its `options` are about a fleet of machines that load models on demand."""

    inputs: Texts
    parameters: Mapping[str, Any] = {}


class _Parameters(BaseModel):
    """What both tasks take. Parameters of the decoding may stand among these or in `generate_parameters`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    generate_parameters: GenerationBody = GenerationBody()
    truncation: Literal["do_not_truncate", "longest_first", "only_first", "only_second"] = "longest_first"
    clean_up_tokenization_spaces: bool = False
    """Of no meaning here: tokenizers clean up as their checkpoints say."""
    offset_unit: OffsetUnit = "codepoint"

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """From what was sent; `null` is as good as nothing.

        Raises:
            ServiceError: 422 that names every fault.
        """
        own = {name: value for name, value in parameters.items() if value is not None}
        generation = own.pop("generate_parameters", {})
        if not isinstance(generation, Mapping):
            raise malformed((FieldError(("body", "parameters", "generate_parameters"), "is no object"),))
        beside = {name: own.pop(name) for name in list(own) if name in _DECODING}
        try:
            return cls.model_validate(
                {**own, "generate_parameters": _without_start({**beside, **generation})}
            )
        except ValidationError as error:
            faults = (cls._named(fault) for fault in request_errors(error, cls))
            raise malformed(tuple(faults)).with_names(names_sent(parameters)) from None

    @classmethod
    def _named(cls, fault: FieldError) -> FieldError:
        message = fault.msg
        if len(fault.loc) == 1 and (key := str(fault.loc[0])) not in cls.model_fields:
            message = unknown_key(key, {*cls.model_fields, *_DECODING})
        return FieldError(("body", "parameters", *fault.loc), message)

    @property
    def decoding(self) -> GenerationParams:
        """In the engine's terms."""
        return self.generate_parameters.params()


class TranslationParameters(_Parameters):
    """Of a model that translates."""

    src_lang: str | None = None
    tgt_lang: str | None = None
    alignment: AlignmentLevel = "none"
    """As in the native API."""

    def requests(self, model: str, texts: Sequence[str], codes: LanguageCodes) -> list[TranslationRequest]:
        """One for each text, for a model with these languages.

        Raises:
            ServiceError: 422, no target language is given, and the model has several.
        """
        source_lang = codes.only_source if self.src_lang is None else self.src_lang
        target_lang = codes.only_target if self.tgt_lang is None else self.tgt_lang
        if target_lang is None:
            where = ("body", "parameters", "tgt_lang")
            raise malformed((FieldError(where, "is required: the model has several target languages"),))
        return [
            TranslationRequest(
                text=text,
                model=model,
                target_lang=codes.target(target_lang),
                source_lang=codes.source(source_lang),
                truncation="error" if self.truncation == "do_not_truncate" else "split",
                alignment=self.alignment,
                offset_unit=self.offset_unit,
                params=self.decoding,
            )
            for text in texts
        ]


class SummaryParameters(_Parameters):
    """Of a model that summarizes."""

    length: SummaryLength = "auto"
    """As in the native API."""
    alignment: SummaryAlignmentLevel = "none"
    """As in the native API."""

    def requests(self, model: str, texts: Sequence[str]) -> list[SummaryRequest]:
        """One for each text."""
        return [
            SummaryRequest(
                text=text,
                model=model,
                length=self.length,
                alignment=self.alignment,
                offset_unit=self.offset_unit,
                params=self.decoding,
            )
            for text in texts
        ]


_DECODING = frozenset({*GenerationBody.model_fields, *_LENGTHS})


def names_sent(parameters: Mapping[str, Any]) -> dict[str, str]:
    """What native fields that an error may name were called in these parameters."""
    inner = parameters.get("generate_parameters") or {}
    beside = "parameters.generate_parameters" if inner else "parameters"
    names = {"generation": beside, "parameters.generate_parameters": beside}
    names['set truncation to "split"'] = "leave truncation out"
    sent = [name for name in parameters if name in _DECODING and name not in inner]
    for name in sent:
        names |= dict.fromkeys(_places_of(_LENGTHS.get(name, name)), f"parameters.{name}")
    for old, new in _LENGTHS.items():
        if old in {*inner, *sent} and new not in {*inner, *parameters}:
            names |= dict.fromkeys((new, *_places_of(new)), f"{old} less its start token")
    return names


def _places_of(name: str) -> tuple[str, str]:
    return f"generation.{name}", f"parameters.generate_parameters.{name}"


def _without_start(generation: Mapping[str, Any]) -> dict[str, Any]:
    """With lengths as the native API has them; the newer names win, as in `transformers`."""
    lengths = {
        name: generation[old] - 1 if type(generation[old]) is int else generation[old]
        for old, name in _LENGTHS.items()
        if generation.get(old) is not None
    }
    others = {name: value for name, value in generation.items() if name not in _LENGTHS and value is not None}
    return {**lengths, **others}
