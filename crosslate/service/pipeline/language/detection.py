"""Language detection among the languages that are served, and whether a text is in none of them.

Two detectors, since each lacks what the other has. Lingua, asked about the served languages only, is right
about single words; but it gives every text to one of them. fastText knows what else there is, but guesses at
words.
"""

from __future__ import annotations

import threading
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.language.identification import LanguageIdentifier, has_figure_and_letter
from crosslate.service.pipeline.language.languages import are_close, base_language, standard_tag
from crosslate.service.pipeline.language.person_names import is_name_with_particle
from crosslate.service.pipeline.language.single_words import hangs_on_a_word
from crosslate.service.pipeline.language.writing import variety_of

if TYPE_CHECKING:
    from lingua import LanguageDetector as LinguaDetector

UNDETERMINED = "und"
"""BCP-47 for "no idea": digits, emoji."""

_MAX_CHARACTERS = 1000
_MAX_ACCURATE = 12
"""With more languages lingua's smaller models are used: all large ones are 930 MB, all small ones 87 MB."""
_LINGUA_CODES = {"fil": "tl"}
_BOKMAL = {"no": "nb"}
"""By both names detectors know one language."""

_MIN_WORDS, _MIN_LETTERS = 3, 12
"""fastText decides on texts with so many; on fewer it is at times sure of something wrong, and only lowers
confidence."""
_PLAUSIBLE = 0.1
"""Where fastText gives all served languages together less than this, confidence falls in proportion."""
_LEAST_PROBABILITY = 1e-3
_SURELY_ELSEWHERE, _SURELY_ELSEWHERE_CLOSE = 0.8, 0.9
"""From these probabilities on a text is in a language that is not served; `CLOSE` if it is much like one."""
_SURELY_ANOTHER, _SURELY_ANOTHER_CLOSE = 0.9, 0.95
"""From these on a text is not in the language that the caller gave."""
_MENTIONED = 0.01
"""Labels with less add nothing to the likeliest language, where only that is asked for."""
_EASILY_MISTAKEN = frozenset({"da", "nb", "nn"})
"""Languages of which the identifier is at times sure of the wrong one."""
_FOREIGN_SCRIPT = 0.3
"""Where lingua finds no letter of a served language, this much is enough."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says about its language."""

    ranked: list[Detection]
    """The served languages, most likely first; empty when the text says nothing."""
    elsewhere: Detection | None = None
    """The language that it is clearly in, if that is none of them."""

    @property
    def best(self) -> Detection:
        """The most likely of all languages; `und` with confidence 0 when the text says nothing."""
        if self.elsewhere is not None:
            return self.elsewhere
        return self.ranked[0] if self.ranked else Detection(UNDETERMINED, 0.0)


class LanguageDetector:
    """Weighs the given languages for one text at a time, and says so when it is in none of them.

    The models (some 30 MB a language, at most 400 MB; 30 MB for all others together) are loaded by the first
    text.
    """

    def __init__(self, languages: Sequence[str], identifier: LanguageIdentifier | None = None) -> None:
        """`identifier` knows what other languages there are; by default it is a new one."""
        self.languages = tuple(languages)
        self.identifier = identifier or LanguageIdentifier()
        self._by_base = {_base(tag): tag for tag in reversed(self.languages) if standard_tag(tag)}
        self._varieties: dict[str, list[str]] = {}
        for tag in self.languages:
            self._varieties.setdefault(self._by_base.get(_base(tag), tag), []).append(tag)
        self._lingua: LinguaDetector | None = None
        self._tags: dict[str, str] = {}
        self._is_loaded = False
        self._loading = threading.Lock()

    @property
    def is_loaded(self) -> bool:
        """Whether detection answers at once."""
        return self._is_loaded

    def read(self, text: str) -> Reading:
        """Weigh a text. It takes at most some milliseconds: a language shows in the first paragraphs.

        Of a language that is served in several scripts it is the one of the text.
        """
        sample = text[:_MAX_CHARACTERS]
        reading = self._read(sample)
        ranked = [
            replace(one, lang=variety_of(sample, self._varieties.get(one.lang, [one.lang])))
            for one in reading.ranked
        ]
        return replace(reading, ranked=ranked)

    def _read(self, sample: str) -> Reading:
        if not self._by_base or not any(map(str.isalpha, sample)):
            return Reading([])
        self.load()
        probabilities = self.identifier.probabilities(sample)
        served = sum(probabilities.get(base, 0.0) for base in self._by_base)
        other = self._likeliest_other(probabilities)
        shares = self._shares(sample)
        if not shares:
            is_foreign = served < _PLAUSIBLE and other is not None and other.confidence >= _FOREIGN_SCRIPT
            return Reading(self._likely(probabilities), other if is_foreign else None)
        if not _is_telling(sample):
            is_doubtful = other is not None and other.confidence >= _SURELY_ANOTHER
            return Reading(_ranked(shares, 1.0 - other.confidence if other and is_doubtful else 1.0))
        weighed = self._weighed(shares, probabilities)
        ranked = _ranked(weighed, min(served / _PLAUSIBLE, 1.0))
        is_elsewhere = self._is_surely_elsewhere(other) and not self._hangs_on_a_word(sample, self._by_base)
        return Reading(ranked, other if is_elsewhere else None)

    def contradiction(self, text: str, lang: str) -> Detection | None:
        """The language that a text is clearly in, where that is not `lang`."""
        sample, given = text[:_MAX_CHARACTERS], _base(lang)
        if not _is_telling(sample):
            return None
        if not self.identifier.may_be_other(sample, given, least=_SURELY_ANOTHER):
            return None  # nearly always: the language that was given is the text's
        found = next(iter(self.identifier.probabilities(sample, least=_MENTIONED).items()), None)
        if found is None or found[0] == given or not self.identifier.knows(given):
            return None
        least = _SURELY_ANOTHER_CLOSE if are_close(found[0], given) else _SURELY_ANOTHER
        if found[1] < least or self._hangs_on_a_word(sample, (given,)):
            return None
        return Detection(found[0], round(found[1], 4))

    def _hangs_on_a_word(self, sample: str, languages: Container[str]) -> bool:
        def likeliest(text: str) -> str | None:
            return next(iter(self.identifier.probabilities(text, least=_MENTIONED)), None)

        return hangs_on_a_word(sample, languages, likeliest)

    def _likeliest_other(self, probabilities: Mapping[str, float]) -> Detection | None:
        """The likeliest language that is not served; none where one that is served has no name to tell."""
        if not all(map(self.identifier.knows, self._by_base)):
            return None
        others = (item for item in probabilities.items() if item[0] not in self._by_base)
        return next((Detection(base, round(share, 4)) for base, share in others), None)

    def _is_surely_elsewhere(self, other: Detection | None) -> bool:
        if other is None:
            return False
        if other.lang in _EASILY_MISTAKEN and not _EASILY_MISTAKEN.isdisjoint(self._by_base):
            return False
        is_close = any(are_close(other.lang, base) for base in self._by_base)
        return other.confidence >= (_SURELY_ELSEWHERE_CLOSE if is_close else _SURELY_ELSEWHERE)

    def _likely(self, probabilities: Mapping[str, float]) -> list[Detection]:
        """By fastText alone."""
        return _ranked(
            {
                self._by_base[base]: share
                for base, share in probabilities.items()
                if base in self._by_base and share >= _PLAUSIBLE
            }
        )

    def _shares(self, sample: str) -> dict[str, float]:
        """By lingua alone: shares of the served languages that it knows; empty where it has no idea."""
        if self._lingua is None:
            return {}
        values = self._lingua.compute_language_confidence_values(sample)
        return {
            self._tags[value.language.iso_code_639_1.name.lower()]: value.value
            for value in values
            if value.value > 0
        }

    def _weighed(self, shares: Mapping[str, float], probabilities: Mapping[str, float]) -> dict[str, float]:
        """Both detectors' opinions multiplied; fastText's alone on what lingua does not know."""
        known = set(self._tags.values())
        weights = {
            tag: (shares.get(tag, 0.0) if tag in known else probabilities.get(base, 0.0))
            * max(probabilities.get(base, 0.0), _LEAST_PROBABILITY)
            for base, tag in self._by_base.items()
        }
        total = sum(weights.values())
        return {tag: weight / total for tag, weight in weights.items()} if total else dict(shares)

    def load(self) -> None:
        """Make ready: a quarter of a second for two languages, a second for all."""
        with self._loading:
            if not self._is_loaded:
                self.identifier.load()
                self._lingua = self._load_lingua()
                self._is_loaded = True

    def _load_lingua(self) -> LinguaDetector | None:
        """None when fewer than two of the languages are known to it."""
        from lingua import IsoCode639_1, LanguageDetectorBuilder

        codes = {name.lower(): getattr(IsoCode639_1, name) for name in dir(IsoCode639_1) if name.isupper()}
        self._tags = {
            code: tag
            for base, tag in self._by_base.items()
            if (code := _LINGUA_CODES.get(base, base)) in codes
        }
        if len(self._tags) < 2:
            return None
        builder = LanguageDetectorBuilder.from_iso_codes_639_1(*(codes[code] for code in self._tags))
        return (builder.with_low_accuracy_mode() if len(self._tags) > _MAX_ACCURATE else builder).build()


def _base(tag: str) -> str:
    """Of a served language, as the identifier calls it."""
    base = base_language(tag)
    return _BOKMAL.get(base, base)


def _ranked(shares: Mapping[str, float], factor: float = 1.0) -> list[Detection]:
    found = [Detection(tag, round(min(share * factor, 1.0), 4)) for tag, share in shares.items()]
    return sorted((d for d in found if d.confidence > 0), key=lambda d: -d.confidence)


def _is_telling(sample: str) -> bool:
    """Whether there is enough text for fastText; scripts without blanks have no words to count.

    Counts and codes are no words, and a person's name tells where that is from.
    """
    first_letters = list(islice(filter(str.isalpha, sample), _MIN_LETTERS))
    if len(first_letters) < _MIN_LETTERS or is_name_with_particle(sample.strip()):
        return False
    words = islice((word for word in sample.split() if not has_figure_and_letter(word)), _MIN_WORDS)
    return len(list(words)) >= _MIN_WORDS or not any(map(str.isascii, filter(str.isalpha, sample)))
