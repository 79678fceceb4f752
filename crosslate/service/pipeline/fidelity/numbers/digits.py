"""Figures of any script: `١٢٣`, `१२३` and `１２３` are 123, `١٬٢٣٤٫٥` is 1234.5 in any language."""

from __future__ import annotations

import re
import unicodedata

_WIDE = "[０-９]"
CHUNK = (
    rf"{_WIDE}{{1,3}}(?:，{_WIDE}{{3}})+(?:．{_WIDE}+)?(?!\d)"
    rf"|{_WIDE}+．{_WIDE}+"
    r"|\d+(?:[.,٫٬]\d+)*"
)
"""A number with its separators. A full-width comma may also stand between the numbers of a list."""
_OWN_SEPARATORS = re.compile("[٫٬．，]")
_GROUPS, _DECIMALS = re.compile("[٬，]"), re.compile("[٫．]")


def plain_digits(text: str) -> str:
    """The text with the ten digits of ASCII for those of other scripts."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)


def own_value(text: str) -> tuple[str, str] | None:
    """Digits before and after the decimal separator of a number whose separators can be no others.

    None of any other number, and where they do not stand as they should.
    """
    if _OWN_SEPARATORS.search(text) is None or "." in text or "," in text:
        return None
    whole, *rest = _DECIMALS.split(plain_digits(text))
    groups = _GROUPS.split(whole)
    if len(rest) > 1 or any(len(one) not in (2, 3) for one in groups[1:]):
        return None
    return "".join(groups), rest[0] if rest else ""
