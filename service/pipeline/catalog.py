"""Which model answers which request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import ServiceError
from service.pipeline.languages import match_language, nearest_pairs, same_language, standard_tag, suggestion
from service.pipeline.types import ServedModel

_MAX_LISTED = 20
_MAX_CODE_SHOWN = 35  # the longest well-formed tag that software must take (RFC 5646, 4.4.1)


@dataclass(frozen=True, slots=True)
class Selection:
    """The model for a request, and the languages as that model names them."""

    model: ServedModel
    source_lang: str
    target_lang: str


class ModelCatalog:
    """The models of one service, in the order of its configuration: the first that fits answers."""

    def __init__(self, models: Sequence[ServedModel]) -> None:
        self.models = tuple(models)
        self._by_id = {model.id: model for model in self.models}
        self._translators = tuple(model for model in self.models if model.task == "translation")
        self._targets = {model.id: _targets_by_source(model) for model in self._translators}

    def get(self, model_id: str) -> ServedModel:
        """The model of this id; raises `ServiceError` 404 `model_not_found`."""
        if (model := self._by_id.get(model_id)) is not None:
            return model
        served = ", ".join(list(self._by_id)[:_MAX_LISTED]) or "none"
        raise ServiceError(
            404, "model_not_found", "No such model", f"This model is not served. Served models: {served}."
        )

    def pairs(self, model_id: str | None = None) -> list[tuple[str, str]]:
        """Every (source, target) that is served, or that one model serves."""
        return list(dict.fromkeys(pair for model in self._candidates(model_id) for pair in model.pairs))

    def source_languages(self, model_id: str | None = None) -> list[str]:
        """Languages that can be translated from."""
        return list(dict.fromkeys(source for source, _ in self.pairs(model_id)))

    def target_languages(self, model_id: str | None = None) -> list[str]:
        """Languages that can be translated into."""
        return list(dict.fromkeys(target for _, target in self.pairs(model_id)))

    def sources_for(self, target_lang: str, model_id: str | None = None) -> list[str]:
        """Languages that can be translated into `target_lang`; `ServiceError` 400 when there is none."""
        target = match_language(target_lang, self.target_languages(model_id))
        if target is None:
            raise self._unsupported(None, target_lang, model_id)
        return [source for source, served in self.pairs(model_id) if served == target]

    def match_target(self, target_lang: str, model_id: str | None = None) -> str | None:
        """The served name of a target language, or None."""
        return match_language(target_lang, self.target_languages(model_id))

    def select(self, source_lang: str, target_lang: str, model_id: str | None = None) -> Selection:
        """The model that translates this pair.

        Raises `ServiceError`: 404 `model_not_found`; 400 `unsupported_language_pair`, which lists the
        nearest pairs served, `same_language` or `wrong_task`.
        """
        for model in self._candidates(model_id):
            if (pair := self._served_pair(model, source_lang, target_lang)) is not None:
                return Selection(model, *pair)
        if same_language(source_lang, target_lang):
            raise ServiceError(
                400,
                "same_language",
                "Source and target language are the same",
                f"The text is to be translated from and to {_shown(target_lang)}: there is nothing to do. "
                "Give another target_lang, or leave source_lang out to have it detected.",
            )
        raise self._unsupported(source_lang, target_lang, model_id)

    def reverse(self, selection: Selection) -> Selection:
        """The model for the opposite direction; raises `ServiceError` 400 `no_reverse_model`."""
        source, target = selection.target_lang, selection.source_lang
        for model in (selection.model, *self._translators):
            if (pair := self._served_pair(model, source, target)) is not None:
                return Selection(model, *pair)
        raise ServiceError(
            400,
            "no_reverse_model",
            "No model for the opposite direction",
            f"Symmetric alignment needs a model from {source} to {target} as well, and none is served. "
            'Ask for alignment "links" or "matrix", or configure such a model.',
        )

    def _candidates(self, model_id: str | None) -> tuple[ServedModel, ...]:
        if model_id is None:
            return self._translators
        model = self.get(model_id)
        if model.task != "translation":
            raise ServiceError(
                400,
                "wrong_task",
                "The model does another task",
                f"{model.id} is a {model.task} model, not one for translation. Leave model out, or name a "
                f"translation model: {', '.join(m.id for m in self._translators) or 'none is served'}.",
            )
        return (model,)

    def _served_pair(self, model: ServedModel, source_lang: str, target_lang: str) -> tuple[str, str] | None:
        targets = self._targets[model.id]
        source = match_language(source_lang, targets)
        if source is None:
            return None
        target = match_language(target_lang, targets[source])
        return None if target is None else (source, target)

    def _unsupported(self, source: str | None, target: str, model_id: str | None) -> ServiceError:
        nearest = nearest_pairs(source, target, self.pairs(model_id))
        listed = ", ".join(f"{a} to {b}" for a, b in nearest) or "none"
        asked = f"into {_shown(target)}" if source is None else f"from {_shown(source)} to {_shown(target)}"
        by = "No model translates" if model_id is None else f"{model_id} does not translate"
        hint = "".join(_hint(code) for code in (source, target) if code is not None)
        return ServiceError(
            400,
            "unsupported_language_pair",
            "Unsupported language pair",
            f"{by} {asked}. Nearest pairs served: {listed}.{hint}",
        )


def _targets_by_source(model: ServedModel) -> dict[str, list[str]]:
    targets: dict[str, list[str]] = {}
    for source, target in model.pairs:
        targets.setdefault(source, []).append(target)
    return targets


def _shown(code: str) -> str:
    """A code as it may stand in a message: what is no language code is not repeated."""
    return code if len(code) <= _MAX_CODE_SHOWN and standard_tag(code) is not None else "an unknown language"


def _hint(code: str) -> str:
    if standard_tag(code) is not None or len(code) > _MAX_CODE_SHOWN or (found := suggestion(code)) is None:
        return ""
    return f' Languages are given as codes: "{found}".'
