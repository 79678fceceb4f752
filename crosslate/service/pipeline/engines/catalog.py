"""Which model answers which request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from crosslate.models.engine.request import GenerationParams
from crosslate.service.errors import ServiceError, unknown_model
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.language.language_pairs import LanguagePairs, Pair
from crosslate.service.pipeline.language.languages import same_language, shown_code, suggestion


@dataclass(frozen=True, slots=True)
class Selection:
    """The model for a request, and the languages as that model names them."""

    model: ServedModel
    source_lang: str
    target_lang: str
    by_encoder: bool = False
    """Its encoder reads both texts; nothing is translated."""


def check_length(model: ServedModel, params: GenerationParams) -> None:
    """Pass if the model writes outputs as long as the request allows them to be.

    Raises:
        ServiceError: 400 `invalid_parameters` that names its maximum.
    """
    for name, asked in (("max_new_tokens", params.max_new_tokens), ("min_new_tokens", params.min_new_tokens)):
        if asked is not None and asked > model.max_target_tokens:
            raise ServiceError(
                "invalid_parameters",
                f"{name} is {asked}; {model.id} writes at most {model.max_target_tokens} tokens at once.",
            )


class ModelCatalog:
    """The models of one service, in the order of its configuration: the first that fits answers.

    Args:
        models: what is served.
        pivots: whether a text may go through a third language where no model has its pair.
    """

    def __init__(self, models: Sequence[ServedModel], *, pivots: bool = True) -> None:
        self.models = tuple(models)
        self._by_id = {model.id: model for model in self.models}
        self._translators = tuple(model for model in self.models if model.task == "translation")
        self._pairs = {model.id: LanguagePairs(model.pairs) for model in self._translators}
        self._direct = LanguagePairs(pair for model in self._translators for pair in model.pairs)
        self._pivoted = LanguagePairs(self._pairs_through_others() if pivots else ())

    def get(self, model_id: str) -> ServedModel:
        """The model of this id; raises `ServiceError` 404 `model_not_found`."""
        if (model := self._by_id.get(model_id)) is not None:
            return model
        raise unknown_model(self._by_id)

    def source_languages(self, model_id: str | None = None) -> list[str]:
        """Languages that can be translated from."""
        return list(self._pairs_of(model_id).sources)

    def target_languages(self, model_id: str | None = None) -> list[str]:
        """Languages that can be translated into."""
        return list(self._pairs_of(model_id).targets)

    def languages(self) -> list[str]:
        """Sources, and targets: a text may be in the language that it is to be translated into."""
        return list(dict.fromkeys([*self.source_languages(), *self.target_languages()]))

    def targets_of(self, source_lang: str) -> list[str]:
        """The languages that some model translates a source into, by its served name."""
        return list(self._direct.targets_of(source_lang))

    def pivoted_targets_of(self, source_lang: str) -> list[str]:
        """Those that it is translated into through a third language."""
        return list(self._pivoted.targets_of(source_lang))

    def sources_for(self, target_lang: str, model_id: str | None = None) -> list[str]:
        """Languages that can be translated into `target_lang`, directly ones first.

        Raises `ServiceError` 400 when there is none.
        """
        pairs = self._pairs_of(model_id)
        target = pairs.targets.match(target_lang)
        if target is None:
            raise self._unsupported(None, target_lang, model_id)
        pivoted = self._pivoted.sources_of(target) if model_id is None else ()
        return [*pairs.sources_of(target), *pivoted]

    def select(self, source_lang: str, target_lang: str, model_id: str | None = None) -> Selection:
        """The model that translates this pair.

        Raises `ServiceError`: 404 `model_not_found`; 400 `unsupported_language_pair`, which lists the
        nearest pairs served, `same_language` or `wrong_task`.
        """
        selection = self._select(source_lang, target_lang, model_id)
        if selection is None:
            raise self._refusal(source_lang, target_lang, model_id)
        return selection

    def route(self, source_lang: str, target_lang: str, model_id: str | None = None) -> tuple[Selection, ...]:
        """The model that translates this pair; where there is none, the two that do so one after the other.

        The first pair of models, and the first language between them, in the order of the configuration. A
        model that is named has to have the pair itself. Raises as `select` does.
        """
        selection = self._select(source_lang, target_lang, model_id)
        if selection is not None:
            return (selection,)
        pair = self._pivoted.match(source_lang, target_lang)
        if model_id is not None or pair is None or same_language(source_lang, target_lang):
            raise self._refusal(source_lang, target_lang, model_id)
        return self._through(*pair)

    def reverse(self, selection: Selection) -> Selection:
        """The model for the opposite direction, or else the same one's encoder, where that can do it.

        Raises `ServiceError` 400 `no_reverse_model`.
        """
        source, target = selection.target_lang, selection.source_lang
        for model in (selection.model, *self._translators):
            if (pair := self._pairs[model.id].match(source, target)) is not None:
                return Selection(model, *pair)
        if selection.model.alignment.encoder_scale is not None:
            return Selection(selection.model, source, target, by_encoder=True)
        raise ServiceError(
            "no_reverse_model",
            f"Symmetric alignment needs a model from {source} to {target} as well, and none is served. "
            'Ask for alignment "links" or "matrix", or configure such a model.',
        )

    def _candidates(self, model_id: str | None) -> tuple[ServedModel, ...]:
        if model_id is None:
            return self._translators
        model = self.get(model_id)
        if model.task != "translation":
            raise ServiceError(
                "wrong_task",
                f"{model.id} is a {model.task} model, not one for translation. Leave model out, or name a "
                f"translation model: {', '.join(m.id for m in self._translators) or 'none is served'}.",
            )
        return (model,)

    def _pairs_of(self, model_id: str | None) -> LanguagePairs:
        if model_id is None:
            return self._direct
        (model,) = self._candidates(model_id)
        return self._pairs[model.id]

    def _select(self, source_lang: str, target_lang: str, model_id: str | None = None) -> Selection | None:
        for model in self._candidates(model_id):
            if (pair := self._pairs[model.id].match(source_lang, target_lang)) is not None:
                return Selection(model, *pair)
        return None

    def _through(self, source: str, target: str) -> tuple[Selection, Selection]:
        """The two models of a pair that `_pivoted` has."""
        for model in self._translators:
            pairs = self._pairs[model.id]
            for middle in pairs.targets_of(pairs.sources.match(source) or ""):
                if target in self._targets_after(middle):
                    return self.select(source, middle, model.id), self.select(middle, target)
        raise RuntimeError(f"the way from {source} to {target} is gone")

    def _targets_after(self, middle: str) -> set[str]:
        """What a text in `middle`, by the name that it has as a target, can be translated into."""
        known = (pairs.targets_of(pairs.sources.match(middle) or "") for pairs in self._pairs.values())
        return set(chain.from_iterable(known))

    def _pairs_through_others(self) -> Iterator[Pair]:
        """Pairs that no model has, but two models have together."""
        after = {middle: self._targets_after(middle) for middle in self._direct.targets}
        for source in self._direct.sources:
            missing = set(self._direct.targets) - set(self._direct.targets_of(source))
            missing = {target for target in missing if not same_language(source, target)}
            if missing:
                found = missing & set().union(*(after[m] for m in self._direct.targets_of(source)))
                yield from ((source, target) for target in self._direct.targets if target in found)

    def _refusal(self, source: str, target: str, model_id: str | None) -> ServiceError:
        if not same_language(source, target):
            return self._unsupported(source, target, model_id)
        return nothing_to_translate(target)

    def _unsupported(self, source: str | None, target: str, model_id: str | None) -> ServiceError:
        return unsupported_pair(self._pairs_of(model_id), source, target, model_id)


_DETECTED = frozenset({"auto", "detect"})
"""What other services call a language that is to be detected."""


def nothing_to_translate(target: str) -> ServiceError:
    """400: the source is in the target language already."""
    return ServiceError(
        "same_language",
        f"The text is to be translated from and to {shown_code(target)}: there is nothing to do. "
        "Name another target language, or leave the source language out to have it detected.",
    )


def unsupported_pair(
    pairs: LanguagePairs, source: str | None, target: str, model_id: str | None
) -> ServiceError:
    """400: none of these pairs is that one; it lists the nearest."""
    nearest = pairs.nearest(source, target)
    listed = ", ".join(f"{a} to {b}" for a, b in nearest) or "none"
    asked = (
        f"into {shown_code(target)}"
        if source is None
        else f"from {shown_code(source)} to {shown_code(target)}"
    )
    by = "No model translates" if model_id is None else f"{model_id} does not translate"
    hint = _hint([code for code in (source, target) if code is not None])
    if source is not None and source.lower() in _DETECTED:
        hint = " To have the language of the text detected, leave it out."
    return ServiceError("unsupported_language_pair", f"{by} {asked}. Nearest pairs served: {listed}.{hint}")


def _hint(codes: Sequence[str]) -> str:
    """What to write in the place of those that are none."""
    wrong = [code for code in codes if shown_code(code) != code]
    if not wrong:
        return ""
    found = [f'"{one}"' for code in wrong if (one := suggestion(code))]
    shown = f": {', '.join(found)}" if found else ', such as "en"'
    return f" Languages are given as codes{shown}."
