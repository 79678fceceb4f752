"""Versions behind names, as in `macOS 14.2`: their full stop is no decimal separator.

What looks like one may be a quantity, too. A unit, a name of a currency or of something that is measured, and
cents that prices end in tell it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_VERSION = r"(?P<version>(?:\d{1,2}|20\d\d)\.\d{1,2})(?![\w%‰°$€£¥-]|[.,:/]\w)"
_NAMED = re.compile(rf"(?<![\w.&-])(?P<name>\.?[^\W\d_][\w.+#-]{{0,40}})[®™]?[ \xa0]{_VERSION}")
_RELEASED = re.compile(
    rf"(?<!\w)(?i:(?:new|added|changed|deprecated|dropped|fixed|introduced|released|removed)"
    rf"(?:[ \xa0](?:as of|by|in|since|with))"
    rf"|as of|compatible with|downgrade to|upgrade (?:from|to)|update to|requires?)[ \xa0]{_VERSION}"
)
"""Behind what is said of programs; a unit tells a quantity."""
_DECIMAL = re.compile(r"(?<![\w.,-])\d+\.\d")
_BEGINS = re.compile(r"(?:^|[.!?:;(\"\n|>-]\s*)$")
_PRICE = re.compile(r"\.[2-9][059]$")
UNITS = (
    "[kMG]?W|[kcm]?m|[mk]?g|[cm]?l|[KMGT]B|[kMG]?Hz|h|s|lb|oz|ft|mph|pp|pts?|x|million|billion|trillion|thousand|"
    "percent|per cent|points?|times|years?|months?|weeks?|days?|hours?|minutes?|seconds?|miles?|inches|feet|"
    "stars?|lit(?:er|re)s?|euros?|dollars?|pounds?"
)
_UNIT = re.compile(rf"[ \xa0](?:[%‰°$€£¥]|(?:{UNITS})\b)")
_CURRENCIES = (
    "ARS|AOA|AUD|BRL|BTC|CAD|CHF|CLP|CNY|COP|CVE|DKK|ETH|EUR|GBP|HKD|INR|JPY|MXN|MZN|NOK|NZD|PLN|SEK|SGD|USD"
)
_PRODUCTS = re.compile(
    "Bluetooth|Android|Python|Windows|Ubuntu|Debian|Fedora|Java|Ruby|Rust|Kotlin|Node|Firefox|Chrome|Safari"
    "|Docker|Kubernetes|Django|React|Angular|Vue|Laravel|Drupal|Photoshop"
)
"""Which have versions, wherever they stand."""
_MEASURED = re.compile(rf"{_CURRENCIES}|BMI|CPI|ECTS|EPS|GDP|GPA|HDL|IQ|LDL|PMI|PSA|TSH|UV|pH")


def version_starts(text: str) -> Iterator[int]:
    """Where those in a text of a language with decimal points begin."""
    yield from (
        released.start("version")
        for released in _RELEASED.finditer(text)
        if _UNIT.match(text, released.end()) is None
    )
    named = [match for match in _NAMED.finditer(text) if not match["name"].islower()]
    behind_names = {match.start("version") for match in named}
    others = (match.start() for match in _DECIMAL.finditer(text) if match.start() not in behind_names)
    first_quantity = next(others, len(text))
    for match in named:
        is_quantity = _UNIT.match(text, match.end()) or _PRICE.search(match["version"])
        if not is_quantity and _is_product(match, first_quantity):
            yield match.start("version")


def _is_product(named: re.Match[str], first_quantity: int) -> bool:
    """Whether it is the name of something that has versions, by its capitals.

    A word such as `Tesla` may have anything behind a quantity: `Apple gained 1.2 points and Tesla 3.4`.
    """
    name, start = named["name"], named.start()
    if _MEASURED.fullmatch(name):
        return False
    if _PRODUCTS.fullmatch(name) or any(map(str.isupper, name[1:])) or any(map(str.isdigit, name)):
        return True
    begins = _BEGINS.search(named.string, max(0, start - 2), start) is not None
    return name[0].isupper() and not begins and start < first_quantity
