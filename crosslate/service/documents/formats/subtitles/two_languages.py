"""Subtitles in two languages, one above the other: which lines of a cue are in which.

Only those in the source's language are to be translated. Together they would be one sentence that says
everything twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

from crosslate.service.pipeline.language.identification import LanguageIdentifier
from crosslate.service.pipeline.language.languages import are_close, base_language, language_name

_LEAST_CUES = 3
_MOST_LINES = 8
"""Of a cue that is looked at line by line."""
_MOST_CUES = 300
"""So many tell what a whole film is in."""
_SURE = 0.5
"""From this probability on a half of a cue tells its language; many are too short for it."""
_SHARE, _SHARE_CLOSE = 0.6, 0.8
"""Of the cues that tell, as many have the same two languages in their halves; if these are much alike."""
_FLOOR = 0.02
"""A line of a word or two is often taken for something wrong."""
_HALF, _ALONE = 1.0, -1.0
"""For a cue that is parted in its middle, as most are, and for one that is in one language only."""


@dataclass(frozen=True, slots=True)
class TwoLanguages:
    """What a file's cues are in.

    Args:
        upper: base language of the lines that stand above.
        lower: of those below.
        source: that of the two that is translated.
    """

    upper: str
    lower: str
    source: str
    _identifier: LanguageIdentifier = field(repr=False)

    @property
    def notice(self) -> str:
        """What is done with them, for people."""
        other = self.lower if self.source == self.upper else self.upper
        return (
            f"The subtitles are in two languages: the lines in {language_name(self.source)} are translated, "
            f"those in {language_name(other)} stay as they are."
        )

    def lines(self, cue: Sequence[str]) -> range:
        """Of a cue's lines those in the source's language."""
        number = len(cue)
        if number <= _MOST_LINES:
            best = max(range(number + 1), key=lambda at: self._score(cue, at))
        else:
            best = number // 2
        return range(best) if self.source == self.upper else range(best, number)

    def _score(self, cue: Sequence[str], at: int) -> float:
        score = self._share(cue[:at], self.upper) + self._share(cue[at:], self.lower)
        if at in (0, len(cue)):
            return score + _ALONE
        return score + (_HALF if abs(2 * at - len(cue)) <= 1 else 0.0)

    def _share(self, lines: Sequence[str], lang: str) -> float:
        """How likely lines are in one of the two languages rather than in the other, as a logarithm."""
        if not lines:
            return 0.0
        found = self._identifier.probabilities(" ".join(lines))
        own = found.get(lang, 0.0) + _FLOOR
        return log(own / (found.get(self.upper, 0.0) + found.get(self.lower, 0.0) + 2 * _FLOOR))


def two_languages(
    cues: Sequence[Sequence[str]], source: str | None, target: str, identifier: LanguageIdentifier
) -> TwoLanguages | None:
    """The languages of cues' lines, without tags; None where they are in one, or not in what is translated.

    Args:
        cues: of a file, each as its lines.
        source: the language that is translated, if it is known.
        target: the one that it is translated into.
        identifier: by which they are told.
    """
    even = [cue for cue in cues if cue and len(cue) % 2 == 0]
    if len(even) < _LEAST_CUES:
        return None
    votes = Counter(pair for cue in even[:_MOST_CUES] if (pair := _halves(cue, identifier)) is not None)
    if not votes:
        return None
    (upper, lower), number = votes.most_common(1)[0]
    least = _SHARE_CLOSE if are_close(upper, lower) else _SHARE
    if upper == lower or number < max(_LEAST_CUES, least * votes.total()):
        return None
    wanted = base_language(source) if source else (lower if base_language(target) == upper else upper)
    return TwoLanguages(upper, lower, wanted, identifier) if wanted in (upper, lower) else None


def _halves(cue: Sequence[str], identifier: LanguageIdentifier) -> tuple[str, str] | None:
    middle = len(cue) // 2
    upper, lower = _likeliest(cue[:middle], identifier), _likeliest(cue[middle:], identifier)
    return None if upper is None or lower is None else (upper, lower)


def _likeliest(lines: Sequence[str], identifier: LanguageIdentifier) -> str | None:
    found = identifier.probabilities(" ".join(lines), least=_SURE)
    return next((lang for lang, share in found.items() if share >= _SURE), None)
