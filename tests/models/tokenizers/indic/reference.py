"""What the Indic NLP Library makes of texts, step by step as IndicTrans2's authors call it."""

from __future__ import annotations

import sys
import warnings
from types import ModuleType
from typing import Any

CODES = {
    "Beng": "bn",
    "Deva": "hi",
    "Gujr": "gu",
    "Guru": "pa",
    "Knda": "kn",
    "Mlym": "ml",
    "Mtei": "hi",
    "Olck": "or",
    "Orya": "or",
    "Taml": "ta",
    "Telu": "te",
}
"""The library's languages, one for each script."""
OWN = ("Mtei", "Olck")


def _library() -> tuple[Any, ...]:
    """Its modules; the tables that it reads with pandas are for what is not asked here."""
    held = sys.modules.get("pandas")
    sys.modules["pandas"] = ModuleType("pandas")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its patterns are of an older Python
            from indicnlp.normalize import indic_normalize
            from indicnlp.tokenize import indic_detokenize, indic_tokenize
            from indicnlp.transliterate import unicode_transliterate
    finally:
        sys.modules.pop("pandas")
        if held is not None:
            sys.modules["pandas"] = held
    transliterate = unicode_transliterate.UnicodeIndicTransliterator.transliterate
    return indic_normalize.IndicNormalizerFactory(), indic_tokenize, indic_detokenize, transliterate


_FACTORY, _TOKENIZE, _DETOKENIZE, _TRANSLITERATE = _library()


def read(text: str, script: str) -> str:
    """A text, whose punctuation and figures are plain, as the model reads it."""
    code = CODES[script]
    normal = _FACTORY.get_normalizer(code).normalize(text.strip())
    words = " ".join(_TOKENIZE.trivial_tokenize(normal, code))
    if script in OWN:
        return words
    devanagari: str = _TRANSLITERATE(words, code, "hi")
    return devanagari.replace(" \u094d ", "\u094d")


def arabic_words(text: str) -> str:
    """Urdu's, cut."""
    return " ".join(_TOKENIZE.trivial_tokenize(text, "ur"))


def written(text: str, script: str) -> str:
    """What the model wrote in Devanagari, in another script and joined."""
    own: str = _DETOKENIZE.trivial_detokenize(_TRANSLITERATE(text, "hi", CODES[script]), CODES[script])
    return own.replace("\u0b2f\u0b3c", "\u0b5f") if script == "Orya" else own
