"""Whether two words are one that agrees with something else: in number or gender, and in nothing more.

A model that goes on behind a term may say the same in another tense, or put `until` for `in`: that is no
agreement, and the rest of a sentence is to stay as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import takewhile

from crosslate.service.pipeline.glossary.grammar import is_same_but_for_agreement, same_words
from crosslate.service.pipeline.languages import base_language

_LEAST_STEM, _LONGEST_ENDING = 3, 3

Pairs = Collection[frozenset[str]]
"""What two forms end in behind all that they have in common."""


def _pairs(*found: tuple[str, str]) -> Pairs:
    return frozenset(map(frozenset, found))


_ENDINGS: Mapping[str, Pairs] = {
    "pt": _pairs(
        *(("o", "a"), ("o", "as"), ("a", "os"), ("os", "as"), ("", "s"), ("", "a"), ("", "as"), ("", "es")),
        *(("l", "is"), ("m", "ns"), ("ão", "ões"), ("ão", "ãos"), ("ão", "ães"), ("ão", "ã"), ("ês", "esa")),
        *(("e", "a"), ("e", "as"), ("es", "as"), ("eu", "ua"), ("o", ""), ("ês", "esas"), ("ês", "eses")),
        *(("", "m"), ("á", "ão"), ("u", "ram"), ("ou", "aram"), ("i", "ram"), ("é", "ê")),  # of verbs
    ),
    "en": _pairs(("", "s"), ("", "es"), ("y", "ies"), ("", "n"), ("f", "ves")),
}
_WORDS: Mapping[str, Pairs] = {
    "pt": _pairs(
        ("é", "são"), ("era", "eram"), ("foi", "foram"), ("vai", "vão"), ("lhe", "lhes"), ("tem", "têm")
    ),
    "en": _pairs(
        *(("is", "are"), ("was", "were"), ("has", "have"), ("does", "do"), ("it", "they"), ("it", "them")),
        *(("its", "their"), ("this", "these"), ("that", "those"), ("goes", "go")),
    ),
}


def is_agreement(word: str, other: str, lang: str) -> bool:
    """Of a language whose endings are not known, whether little more than the end of the word differs."""
    if not (word.isalpha() and other.isalpha()):
        return False
    lang, word, other = base_language(lang), word.lower(), other.lower()
    if word == other:
        return True  # but for its capitals
    stem = _stem(word, other)
    if lang not in _ENDINGS:
        longest = max(len(word), len(other))
        return stem >= _LEAST_STEM and longest - stem <= _LONGEST_ENDING
    if frozenset({word, other}) in _WORDS[lang] or is_same_but_for_agreement(word, other, lang):
        return True
    return stem >= _LEAST_STEM and frozenset({word[stem:], other[stem:]}) in _ENDINGS[lang]


def may_become_agreement(word: str, beginning: str, lang: str) -> bool:
    """Whether a word that begins so may be one of which `is_agreement` says so, or be the word itself."""
    if not (word.isalpha() and beginning.isalpha()):
        return word.startswith(beginning)
    lang, word, beginning = base_language(lang), word.lower(), beginning.lower()
    stem = _stem(word, beginning)
    if stem == len(beginning):
        return True
    if lang not in _ENDINGS:
        return stem >= _LEAST_STEM and max(len(word), len(beginning)) - stem <= _LONGEST_ENDING
    if any(one.startswith(beginning) for one in (*_partners(word, _WORDS[lang]), *same_words(word, lang))):
        return True
    endings = _partners(word[stem:], _ENDINGS[lang])
    return stem >= _LEAST_STEM and any(one.startswith(beginning[stem:]) for one in endings)


def _stem(word: str, other: str) -> int:
    """How many letters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))


def _partners(form: str, pairs: Pairs) -> set[str]:
    """What stands beside a form in pairs."""
    return {other for pair in pairs if form in pair for other in pair - {form}}
