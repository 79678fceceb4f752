"""Language detection among the languages that are served."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from service.pipeline.languages import standard_tag
from service.pipeline.types import Detection

if TYPE_CHECKING:
    from lingua import LanguageDetector as LinguaDetector

UNDETERMINED = "und"
"""BCP-47 for "no idea": digits, emoji, a script that no served language is written in."""

_MAX_CHARACTERS = 1000


class LanguageDetector:
    """Weighs the given languages, and no others, for one text at a time.

    Confidences are shares among these languages: with few candidates, a text in none of them is still
    given to the likeliest. The models (some 30 MB a language) are loaded by the first text.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        self.languages = tuple(languages)
        self._lingua: LinguaDetector | None = None
        self._tags: dict[str, str] = {}
        self._loading = threading.Lock()

    @property
    def is_loaded(self) -> bool:
        """Whether detection answers at once."""
        return self._lingua is not None

    def rank(self, text: str) -> list[Detection]:
        """Every candidate, most likely first; empty when the text says nothing about its language."""
        lingua = self.load()
        if lingua is None:
            return []
        # A language shows in the first paragraphs; detection takes time in proportion to length.
        values = lingua.compute_language_confidence_values(text[:_MAX_CHARACTERS])
        return [
            Detection(self._tags[value.language.iso_code_639_1.name.lower()], round(value.value, 4))
            for value in values
            if value.value > 0
        ]

    def detect(self, text: str) -> Detection:
        """The most likely language, or `und` with confidence 0."""
        ranked = self.rank(text)
        return ranked[0] if ranked else Detection(UNDETERMINED, 0.0)

    def load(self) -> LinguaDetector | None:
        """Make ready (a quarter of a second); None when fewer than two of the languages are known to it."""
        from lingua import IsoCode639_1, LanguageDetectorBuilder

        with self._loading:
            if self._lingua is None:
                known = {code: tag for tag in self.languages if (code := _iso_code(tag)) is not None}
                codes = {
                    name.lower(): getattr(IsoCode639_1, name) for name in dir(IsoCode639_1) if name.isupper()
                }
                self._tags = {code: tag for code, tag in known.items() if code in codes}
                if len(self._tags) > 1:
                    chosen = [codes[code] for code in self._tags]
                    self._lingua = LanguageDetectorBuilder.from_iso_codes_639_1(*chosen).build()
            return self._lingua


def _iso_code(tag: str) -> str | None:
    """The two-letter code of a language, where it has one."""
    standard = standard_tag(tag)
    language = standard.split("-")[0] if standard else ""
    return language if len(language) == 2 else None
