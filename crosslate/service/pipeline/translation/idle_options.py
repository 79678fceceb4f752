"""Options that a request gives and that cannot have an effect beside its others: said, not passed over."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.engines.catalog import Selection
from crosslate.service.pipeline.engines.idle_params import idle_params, ignored
from crosslate.service.pipeline.markup.options import NO_OPTIONS
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.types import TranslationRequest

_NO_PARAMS = GenerationParams()
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
        *ignored(given, _WITHOUT_MARKUP),
        *ignored(["line_breaks"] if has_line_breaks else [], _NOT_PLAIN),
    ]
