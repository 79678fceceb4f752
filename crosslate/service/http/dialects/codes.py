"""Language codes as the clients of other APIs send them, led to the ones that are served.

`LanguageSet.match` understands case, `_` for `-`, regions and scripts that no model knows, NLLB's `por_Latn`,
mBART's `pt_XX`, and codes that name the same language otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import langcodes

from crosslate.service.http.services import Services
from crosslate.service.pipeline.language.languages import LanguageSet, named, standard_tag

_OF_ARGOS = frozenset({"pb", "zt"})
_NORWEGIAN = frozenset({"nb", "no"})
"""Models have either name."""


class LanguageCodes:
    """Codes of the languages of a service or of a model; to be kept: a model may have 40,000 pairs."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        """`pairs` are (source, target) by their served names."""
        self._sources = LanguageSet(source for source, _ in pairs)
        self._targets = LanguageSet(target for _, target in pairs)
        self.only_source = _only(self._sources)
        self.only_target = _only(self._targets)

    @classmethod
    def of(cls, services: Services) -> LanguageCodes:
        """Of all models that translate."""
        return cls(list(chain.from_iterable(model.pairs for model in services.models)))

    def source(self, code: str | None) -> str | None:
        """What the pipeline takes for a source language: None, to be detected, for `auto` and for none."""
        source = named(code)
        return None if source is None else _known(source, self._sources)

    def target(self, code: str) -> str:
        """What the pipeline takes for a target language; a code that nothing is known of stays as it is."""
        return _known(code, self._targets)


def without_usual_script(tag: str) -> str:
    """`pt` for `pt-Latn`; a script that the language is not mostly written in stays."""
    language, _, script = tag.partition("-")
    if standard_tag(tag) is None or not script:
        return tag
    return language if langcodes.Language.get(language).maximize().script == script else tag


def _only(languages: LanguageSet) -> str | None:
    """The language, where there is one alone."""
    return next(iter(languages)) if len(languages) == 1 else None


def _known(code: str, served: LanguageSet) -> str:
    found, first = served.match(code), code.strip().lower().replace("_", "-").split("-")[0]
    if found is not None and first in _NORWEGIAN:
        return found
    return (standard_tag(code) or code) if found is not None and first in _OF_ARGOS else code
