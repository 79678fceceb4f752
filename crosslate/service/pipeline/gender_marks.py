"""Portuguese that speaks of women and men at once, `Caro(a) aluno/a`, for a language without genders.

Models copy such marks and lose what stands around them: of `seu(sua) filho(a)` one made `his own) son (a)`.
"""

from __future__ import annotations

import re

from crosslate.service.pipeline.languages import base_language
from crosslate.service.pipeline.origin import DerivedText

_WITHOUT_GENDER = frozenset(["en", "tr", "fi", "hu", "et", "id", "ms", "ja", "ko", "zh", "vi", "th", "fa"])
_WORD = r"(?:(?<=[^\W\d_][a-zà-ÿ])|(?<=\b[oO]))"
_FEMININE = rf"{_WORD}\((?:[aàã]s?|os?|suas?|minhas?|uma|[dnp]as?|[dn]elas?|A)\)(?=[sS]?(?!\w))"
_IN_CAPITALS = r"(?<=[A-ZÀ-Ý]{2})\(AS?\)(?!\w)"
_PLURAL = r"(?:(?<=\b[oOaA])|(?<=\b[dnDN][oa])|(?<=\b[aA]o)|(?<=\b[sSmM]eu)|(?<=\b[sS]ua))\(s\)"
_SLASHED = r"(?<=[^\W\d_]o)/a(?!\w)|(?<=[^\W\d_]os)/as(?!\w)|(?<=\b[oO])/a(?!\w)|(?<=\b[oO]s)/as(?!\w)"
_OF_VERB = rf"{_WORD}\((?:m|em|ão|rão)\)(?!\w)"
_MARK = re.compile("|".join((_FEMININE, _IN_CAPITALS, _PLURAL, _SLASHED, _OF_VERB)))
_ENDING = re.compile(rf"{_WORD}\(es\)(?!\w)")
"""Of a plural, which is read."""


def with_one_gender(given: DerivedText, source_lang: str, target_lang: str) -> DerivedText:
    """The text without these marks; as it is where the target language has genders, too."""
    is_marked = "(" in given.text or "/a" in given.text
    if not is_marked or base_language(source_lang) not in {"pt", "gl"}:
        return given
    if base_language(target_lang) not in _WITHOUT_GENDER:
        return given
    edits = [(match.span(), "") for match in _MARK.finditer(given.text)]
    edits += [(match.span(), "es") for match in _ENDING.finditer(given.text)]
    return given.edited(sorted(edits))
