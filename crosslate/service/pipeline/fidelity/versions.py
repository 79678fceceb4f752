"""Versions behind names, as in `macOS 14.2`: their full stop is no decimal separator.

What looks like one may be a quantity, too. A unit, a name of a currency or of something that is measured, and
cents that prices end in tell it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAMED = re.compile(
    r"(?<![\w.&-])(?P<name>[^\W\d_][\w.+#-]*)[ \xa0](?P<version>\d{1,2}\.\d{1,2})(?![\w%‰°$€£¥-]|[.,:/]\w)"
)
_BEGINS = re.compile(r"(?:^|[.!?:;(\"\n|>-]\s*)$")
_PRICE = re.compile(r"\.[2-9][059]$")
_UNITS = (
    "[kMG]?W|[kcm]?m|[mk]?g|[cm]?l|[KMGT]B|[kMG]?Hz|h|s|lb|oz|ft|mph|pp|pts?|x|million|billion|trillion|thousand|"
    "percent|per cent|points?|times|years?|months?|weeks?|days?|hours?|minutes?|seconds?|miles?|inches|feet|"
    "stars?|lit(?:er|re)s?|euros?|dollars?|pounds?"
)
_UNIT = re.compile(rf"[ \xa0](?:[%‰°$€£¥]|(?:{_UNITS})\b)")
_CURRENCIES = (
    "ARS|AOA|AUD|BRL|BTC|CAD|CHF|CLP|CNY|COP|CVE|DKK|ETH|EUR|GBP|HKD|INR|JPY|MXN|MZN|NOK|NZD|PLN|SEK|SGD|USD"
)
_MEASURED = re.compile(rf"{_CURRENCIES}|BMI|CPI|ECTS|EPS|GDP|GPA|HDL|IQ|LDL|PMI|PSA|TSH|UV|pH")


def version_starts(text: str) -> Iterator[int]:
    """Where those in a text of a language with decimal points begin."""
    for match in _NAMED.finditer(text):
        is_quantity = _UNIT.match(text, match.end()) or _PRICE.search(match["version"])
        if not is_quantity and _is_product(match["name"], text[max(0, match.start() - 2) : match.start()]):
            yield match.start("version")


def _is_product(name: str, before: str) -> bool:
    """Whether it is the name of something that has versions, by its capitals."""
    if _MEASURED.fullmatch(name):
        return False
    if any(map(str.isupper, name[1:])) or any(map(str.isdigit, name)):
        return True
    return name[0].isupper() and _BEGINS.search(before) is None
