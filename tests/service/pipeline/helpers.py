from __future__ import annotations

from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.language.detection import LanguageDetector, Reading
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import TranslationRequest
from tests.service.pipeline.fakes import FakeEngine, served_model


class FixedDetector(LanguageDetector):
    """Says what it was told to say."""

    def __init__(self, *ranked: Detection, elsewhere: Detection | None = None) -> None:
        super().__init__([])
        self._reading = Reading(list(ranked), elsewhere)

    @property
    def is_loaded(self) -> bool:
        return True

    def read(self, text: str) -> Reading:
        return self._reading


def make_translator(
    engine: FakeEngine | None = None,
    *ranked: Detection,
    pairs: tuple[tuple[str, str], ...] = (("en", "pt"), ("pt", "en")),
    max_source_tokens: int = 64,
    max_alignment_values: int = 1_000_000,
    has_guard: bool = False,
    elsewhere: Detection | None = None,
    min_confidence: float = 0.65,
) -> Translator:
    """Without a guard: the toy engine's copies would be tried again."""
    catalog = ModelCatalog([served_model(pairs=pairs, engine=engine, max_source_tokens=max_source_tokens)])
    return Translator(
        catalog,
        FixedDetector(*ranked, elsewhere=elsewhere),
        max_alignment_values=max_alignment_values,
        has_guard=has_guard,
        min_confidence=min_confidence,
    )


def request(text: str, **changes: object) -> TranslationRequest:
    fields: dict[str, object] = {"text": text, "target_lang": "pt", "source_lang": "en", **changes}
    return TranslationRequest(**fields)  # type: ignore[arg-type]
