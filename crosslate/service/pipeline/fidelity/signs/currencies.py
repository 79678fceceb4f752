"""Signs of currencies: an amount in reais stays one, though a model writes `$50` for `R$ 50`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crosslate.service.pipeline.text.origin import DerivedText

_SIGN = r"(?<![^\W\d_])(?:(?:R|US|U\.S\.|CA|AU|NZ|HK|MX|AR|A|C|S)\ ?\$|\$|€|£|¥|₹)"
_AMOUNT = re.compile(rf"(?P<sign>{_SIGN})(?P<blank>[ \xa0\u202f]?)(?P<number>\d+(?:[.,]\d+)*)")
_OF_THE_UNITED_STATES = frozenset({"$", "US$", "U.S.$"})
"""English writes what Portuguese has as `US$` without the country."""


@dataclass(frozen=True, slots=True)
class CurrencySigns:
    """Writes the amounts of a source with the signs that they have there."""

    signs: Mapping[str, str]
    """By the digits of the amount; with the blank behind the sign."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with these signs."""
        edits = []
        for match in _AMOUNT.finditer(written.text):
            sent = self.signs.get(_digits(match))
            sign = _joined(match["sign"])
            lacks_blank = sent is not None and not match["blank"] and sent[:-1] == sign
            if sent is not None and (lacks_blank or not _are_one(sent.rstrip(), sign)):
                edits.append(((match.start(), match.start("number")), sent))
            elif sign != match["sign"]:
                edits.append((match.span("sign"), sign))
        return written.edited(edits)


def currency_signs(text: str) -> CurrencySigns | None:
    """Those of a sentence; None where it has no amounts. An amount in two currencies may have either."""
    found: dict[str, set[str]] = {}
    for match in _AMOUNT.finditer(text):
        found.setdefault(_digits(match), set()).add(_joined(match["sign"]) + match["blank"])
    return (
        CurrencySigns({digits: signs.pop() for digits, signs in found.items() if len(signs) == 1})
        if found
        else None
    )


def _digits(match: re.Match[str]) -> str:
    return "".join(filter(str.isdigit, match["number"]))


def _joined(sign: str) -> str:
    """As it is usually written: some vocabularies tell the letters from the sign."""
    return sign.replace(" ", "")


def _are_one(sign: str, other: str) -> bool:
    return sign == other or {sign, other} <= _OF_THE_UNITED_STATES
