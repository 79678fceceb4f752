"""What stands between two sentences of an output, by the rules of its language.

Chinese and Japanese sentences follow each other without a blank; between those of all other languages there
is one, also where they come from a text without blanks.
"""

from __future__ import annotations

import regex

from crosslate.service.pipeline.language.languages import base_language

_WITHOUT_BLANKS = frozenset({"zh", "ja", "yue", "wuu", "nan", "hak", "gan", "hsn", "cdo", "lzh"})
_WITHOUT_BLANKS_IN_SENTENCES = _WITHOUT_BLANKS | {"th", "lo", "km", "my", "shn", "bo", "dz"}
_WIDE_BLANK = "\u3000"
_BLANKS = f" \xa0{_WIDE_BLANK}"
_MAX_BLANKS = 2
"""More in a row are layout."""
_OPENING = "“‘「『（《〈【〔(\"'[«"
_CLOSING = "”’」』）》〉】〕)\"']»…—"
_LOOK_BACK = 16
_CHINESE = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}"
    r"\u3001-\u3003\u3005-\u301f\u3030-\u303f\ufe30-\ufe4f\uff01-\uff65"
)
_ENDS_CHINESE = regex.compile(f"[{_CHINESE}]$", regex.VERSION1)
_UNSPACED = regex.compile(
    rf"[{_CHINESE}\p{{Thai}}\p{{Lao}}\p{{Khmer}}\p{{Myanmar}}\p{{Tibetan}}]", regex.VERSION1
)


def joint(gap: str, *, before: str, after: str, written: str, lang: str) -> str:
    """What to write between two pieces.

    Args:
        gap: what stands between them in the source.
        before: the source's piece before it.
        after: the source's piece after it.
        written: the output so far, or its last characters.
        lang: the output's language.
    """
    if len(gap) > _MAX_BLANKS or gap.strip(_BLANKS):
        return gap
    if base_language(lang) in _WITHOUT_BLANKS:
        return "" if ends_without_blank(written) else gap
    if gap.strip(_WIDE_BLANK):
        return gap
    # A word, or an address, that was too long for the model stays in one piece.
    beside = before[-1:], before.rstrip(_CLOSING)[-1:], after.lstrip(_OPENING)[:1]
    if not gap and not any(_UNSPACED.match(one, concurrent=False) for one in beside):
        return gap
    return "" if not written or written[-1].isspace() else " "


def sets_words_apart(lang: str) -> bool:
    """Whether a language writes blanks between words."""
    return base_language(lang) not in _WITHOUT_BLANKS_IN_SENTENCES


def ends_without_blank(text: str) -> bool:
    """Whether what follows a text does so without a blank."""
    return _ENDS_CHINESE.search(text[-_LOOK_BACK:].rstrip(_CLOSING), concurrent=False) is not None
