"""Options that a request gives and that cannot have an effect beside its others: said, not passed over."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.engines.catalog import Selection
from crosslate.service.pipeline.markup.options import NO_OPTIONS
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.types import TranslationRequest

_NO_PARAMS = GenerationParams()
_WITHOUT_SAMPLING = "without do_sample"
_WITHOUT_BEAMS = "with a single beam"
_WITHOUT_MARKUP = "without format html or xml"
_NOT_PLAIN = "with another format than text"


def idle_options(request: TranslationRequest, route: Sequence[Selection]) -> list[Notice]:
    """Of a text that is to be translated by these models, one after the other."""
    if request.params == _NO_PARAMS:
        return _idle_of_format(request)
    # Other translations come from beams, whether the first one does or not.
    least_beams = request.num_alternatives + 1

    def effective(of: Selection) -> GenerationParams:
        own = of.model.pair_params.get((of.source_lang, of.target_lang), _NO_PARAMS)
        params = request.params.over(own).over(of.model.default_params)
        return dataclasses.replace(params, num_beams=max(params.num_beams or 1, least_beams))

    return [*_idle_of_format(request), *idle_params(request.params, map(effective, route))]


def idle_params(given: GenerationParams, effective: Iterable[GenerationParams]) -> list[Notice]:
    """Of decoding; a value that changes nothing in any case, such as a temperature of 1, is none.

    Args:
        given: by the request.
        effective: what each model is asked for with it.
    """
    asked = list(effective)
    notices: list[Notice] = []
    if not any(params.do_sample for params in asked):
        neutral = {"temperature": 1, "top_k": 0, "top_p": 1}
        names = [name for name, value in neutral.items() if getattr(given, name) not in (None, value)]
        notices += _notices(names, _WITHOUT_SAMPLING)
    if not any((params.num_beams or 1) > 1 for params in asked):
        of_beams = {
            "length_penalty": given.length_penalty not in (None, 1),
            "early_stopping": given.early_stopping,
        }
        notices += _notices([name for name, is_given in of_beams.items() if is_given], _WITHOUT_BEAMS)
    return notices


def _idle_of_format(request: TranslationRequest) -> list[Notice]:
    if request.markup is NO_OPTIONS and request.text_format == "text":
        return []
    markup, is_markup = request.markup, request.text_format in ("html", "xml")
    of_markup = {
        "ignore_tags": markup.ignored,
        "splitting_tags": markup.splitting,
        "non_splitting_tags": markup.non_splitting,
        "translate_attributes": markup.attributes,
    }
    given = [] if is_markup else [name for name, names in of_markup.items() if names]
    has_line_breaks = request.text_format != "text" and request.line_breaks != "auto"
    return [
        *_notices(given, _WITHOUT_MARKUP),
        *_notices(["line_breaks"] if has_line_breaks else [], _NOT_PLAIN),
    ]


def _notices(names: Iterable[str], why: str) -> list[Notice]:
    return [Notice("option_ignored", f"{name} has no effect {why}.") for name in names]
