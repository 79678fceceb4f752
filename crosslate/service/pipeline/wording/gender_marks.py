"""Words that say two things at once: `Caro(a) aluno/a`, for a language without genders, and `file(s)`.

Models copy such marks and lose what stands around them: of `seu(sua) filho(a)` one made `his own) son (a)`.
"""

from __future__ import annotations

import re

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText

_WITHOUT_GENDER = frozenset(["en", "tr", "fi", "hu", "et", "id", "ms", "ja", "ko", "zh", "vi", "th", "fa"])
_WORD = r"(?:(?<=[^\W\d_][a-zà-ÿ])|(?<=\b[oO]))"
_FEMININE = rf"{_WORD}\((?:[aàã]s?|os?|suas?|minhas?|uma|[dnp]as?|[dn]elas?|A)\)(?=[sS]?(?!\w))"
_IN_CAPITALS = r"(?<=[A-ZÀ-Ý]{2})\(AS?\)(?!\w)"
_PLURAL = r"(?:(?<=\b[oOaA])|(?<=\b[dnDN][oa])|(?<=\b[aA]o)|(?<=\b[sSmM]eu)|(?<=\b[sS]ua))\(s\)"
_SLASHED = r"(?<=[^\W\d_]o)/a(?!\w)|(?<=[^\W\d_]os)/as(?!\w)|(?<=\b[oO])/a(?!\w)|(?<=\b[oO]s)/as(?!\w)"
_TITLED = r"(?<=\b[SD]r\.)\(a\)(?!\w)"
_OF_VERB = rf"{_WORD}\((?:m|em|ão|rão)\)(?!\w)"
_MARK = re.compile("|".join((_FEMININE, _IN_CAPITALS, _PLURAL, _SLASHED, _TITLED, _OF_VERB)))
_ENDING = re.compile(rf"{_WORD}\(es\)(?!\w)")
"""Of a plural, which is read."""
_OTHER_ENDING = re.compile(
    r"(?<=ão)\(ões\)(?!\w)|(?<=[aeou]l)\((?:is|ais|eis|óis)\)(?!\w)|(?<=m)\(ns\)(?!\w)"
)
"""Of plurals that are no longer than the singular: read as others are."""
_BEHIND_NOUN = re.compile(r"(?<=\(s\)[ \xa0])[^\W\d_]+(?P<mark>\(s\))(?!\w)")
"""Of an adjective, which has no plural in these languages."""
_ENGLISH_PLURAL = re.compile(r"(?<=[a-z]{2})\((?P<ending>e?s)\)(?!\w)")


_NEUTRAL = re.compile(r"(?<![\w@.\-])[^\W\d_]{2,30}(?P<mark>@)s?(?![\w@.\-])")
"""Of both genders: `amig@s`."""


def with_one_gender(given: DerivedText, source_lang: str, target_lang: str) -> DerivedText:
    """The text without these marks; as it is where the target language has genders, too."""
    is_marked = "(" in given.text or "/a" in given.text or "@" in given.text
    if not is_marked or base_language(source_lang) not in {"pt", "gl"}:
        return given
    if base_language(target_lang) not in _WITHOUT_GENDER:
        return given
    edits = [_with_letter_before(match) for match in _MARK.finditer(given.text)]
    edits += [(match.span("mark"), "o") for match in _NEUTRAL.finditer(given.text)]
    edits += [(match.span(), "es") for match in _ENDING.finditer(given.text)]
    edits += [(match.span(), "(s)") for match in _OTHER_ENDING.finditer(given.text)]
    read = given.edited(sorted(edits))
    return read.edited([(match.span("mark"), "") for match in _BEHIND_NOUN.finditer(read.text)])


def _with_letter_before(mark: re.Match[str]) -> tuple[Span, str]:
    """That letter for both: what is left out behind the last word would be no part of it."""
    start, end = mark.span()
    return (start - 1, end), mark.string[start - 1]


def with_plurals(given: DerivedText, source_lang: str) -> DerivedText:
    """English `file(s)` as `files`: models write brackets in all places of `3 day(s) and 4 hour(s)`."""
    if "s)" not in given.text or base_language(source_lang) != "en":
        return given
    return given.edited([(match.span(), match["ending"]) for match in _ENGLISH_PLURAL.finditer(given.text)])
