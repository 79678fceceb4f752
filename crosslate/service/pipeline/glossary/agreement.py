"""Whether two words are one that agrees with something else: in number or gender, and in nothing more.

A model that goes on behind a term may say the same in another tense, or put `until` for `in`: that is no
agreement, and the rest of a sentence is to stay as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import takewhile

from crosslate.service.pipeline.glossary.grammar import is_function_word, is_same_but_for_agreement
from crosslate.service.pipeline.language.languages import base_language

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
    stem = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))
    if lang not in _ENDINGS:
        longest = max(len(word), len(other))
        return stem >= _LEAST_STEM and longest - stem <= _LONGEST_ENDING
    if frozenset({word, other}) in _WORDS[lang] or is_same_but_for_agreement(word, other, lang):
        return True
    return stem >= _LEAST_STEM and frozenset({word[stem:], other[stem:]}) in _ENDINGS[lang]


def is_other_ending(word: str, other: str, lang: str) -> bool:
    """Whether a word behind a term, which is written otherwise for it, is the other one.

    Articles and prepositions go with what follows them.
    """
    if word == other or (
        is_function_word(word, lang) and is_same_but_for_agreement(word.lower(), other.lower(), lang)
    ):
        return False
    return is_agreement(word, other, lang)
