"""Endings that a word takes without becoming another: in which forms a term may stand in a text.

Rules of spelling, without a lexicon: enough to see `masks` in `mask` and `máscaras` in `máscara`. What they
find too much is harmless, since a term is only looked for among the words of a glossary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from crosslate.service.pipeline.language.languages import base_language

Ending = Literal["", "plural", "gender", "verb"]
"""In what way a word is not as it was given."""

_LEAST_LETTERS = 3
"""Of what is left without an ending."""

Endings = Sequence[tuple[str, str]]
"""How a form ends, and how the word it is of."""

_ENDINGS: Mapping[str, Sequence[tuple[Ending, Endings]]] = {
    "en": (
        ("gender", (("'s", ""), ("’s", ""))),
        ("plural", (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", ""))),
        ("verb", (("ied", "y"), ("ed", ""), ("ed", "e"), ("ying", "ie"), ("ing", ""), ("ing", "e"))),
    ),
    "pt": (
        (
            "plural",
            (
                *(("ões", "ão"), ("ães", "ão"), ("ãos", "ão"), ("ais", "al"), ("éis", "el"), ("óis", "ol")),
                *(("uis", "ul"), ("eis", "il"), ("is", "il"), ("ns", "m"), ("es", ""), ("s", "")),
            ),
        ),
        (
            "gender",
            (
                *(("a", "o"), ("as", "o"), ("ora", "or"), ("oras", "or"), ("esa", "ês"), ("esas", "ês")),
                *(("ã", "ão"), ("ãs", "ão")),
            ),
        ),
        (
            "verb",
            (
                *((f"{vowel}ndo", f"{vowel}r") for vowel in "aei"),
                *((f"{vowel}m", f"{vowel}r") for vowel in "aei"),
                *((f"{vowel}d{end}", f"{vowel}r") for vowel in "aei" for end in ("o", "a", "os", "as")),
                *(("a", "ar"), ("e", "er"), ("e", "ir"), ("ou", "ar"), ("eu", "er"), ("iu", "ir")),
                *((f"id{end}", "er") for end in ("o", "a", "os", "as")),
            ),
        ),
    ),
}
_DOUBLED = ("ed", "ing")
"""English endings before which a consonant may be written twice."""


@lru_cache(4096)
def bases(word: str, lang: str) -> Mapping[str, Ending]:
    """What else a word in lower case may be a form of, and in what way.

    The words of a text come again and again, and each is looked at for every term in it.
    """
    lang = base_language(lang)
    found: dict[str, Ending] = {}
    for kind, endings in _ENDINGS.get(lang, ()):
        for ending, base in endings:
            stem = word[: len(word) - len(ending)]
            if word.endswith(ending) and len(stem) + len(base) >= _LEAST_LETTERS:
                found.setdefault(stem + base, kind)
                is_doubled = len(stem) > _LEAST_LETTERS and stem[-1] == stem[-2]
                if lang == "en" and ending in _DOUBLED and is_doubled:
                    found.setdefault(stem[:-1], kind)
    return found


def plural_of(phrase: str, lang: str) -> str | None:
    """The plural of a noun and of what is said of it; None where no rule for the language gives one."""
    words = phrase.split(" ")
    match base_language(lang):
        case "en":
            head = next((at for at, word in enumerate(words) if at and word in _OF["en"]), len(words)) - 1
            return " ".join([*words[:head], _plural(words[head], lang) or words[head], *words[head + 1 :]])
        case "pt":
            end = next((at for at, word in enumerate(words) if at and word in _OF["pt"]), len(words))
            return " ".join([*(_plural(word, lang) or word for word in words[:end]), *words[end:]])
    return None


_PLURAL_ENDINGS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("pt", "gl", "es", "ca"), ("s",)),
    "fr": ("s", "x", "z"),
}
"""Of nearly all nouns in the plural."""


def may_be_plural(phrase: str, lang: str) -> bool:
    """Whether a word of a phrase has an ending of nouns in the plural, or the language has others."""
    endings = _PLURAL_ENDINGS.get(base_language(lang))
    return endings is None or any(word.endswith(endings) for word in phrase.casefold().split())


_OF = {
    "en": frozenset({"of", "for", "in", "with", "to", "against", "from", "on", "at", "by"}),
    "pt": frozenset(
        {"de", "do", "da", "dos", "das", "em", "no", "na", "nos", "nas", "com", "para", "por", "a", "à", "ao"}
        | {"contra", "entre", "sem", "sobre", "pelo", "pela", "pelos", "pelas", "aos", "às", "e", "ou"}
    ),
}
"""Behind them stands what a noun has to do with, in a number of its own."""


def _plural(word: str, lang: str) -> str | None:
    return _english_plural(word) if base_language(lang) == "en" else _portuguese_plural(word)


def _english_plural(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):
        return word[:-1] + "ies"
    return word + "s"


_MANY = (("ão", "ões"), ("al", "ais"), ("el", "éis"), ("ol", "óis"), ("ul", "uis"), ("m", "ns"))


def _portuguese_plural(word: str) -> str:
    for ending, many in _MANY:
        if word.endswith(ending):
            return word[: -len(ending)] + many
    if word.endswith(("r", "z")):
        return word + "es"
    return word if word.endswith(("s", "x")) else word + "s"
