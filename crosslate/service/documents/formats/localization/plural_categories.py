"""Which plurals languages have, by CLDR's names, for whole numbers as they are in use (below a million)."""

from __future__ import annotations

import re

CATEGORIES = ("zero", "one", "two", "few", "many", "other")
_ONE_OTHER = ("one", "other")
_OF_LANGUAGES = {
    ("other",): "ja ko zh yue th id ms jv su lo my km bo dz ig yo sah to wo",
    ("one", "few", "other"): "sr hr bs ro mo sh",
    ("one", "few", "many", "other"): "ru uk be pl",
    ("one", "two", "few", "other"): "sl dsb hsb gd br",
    ("one", "two", "few", "many", "other"): "ga mt",
    ("zero", "one", "other"): "lv",
    ("zero", "one", "two", "few", "many", "other"): "ar cy",
    ("one", "two", "other"): "he iw iu se",
}
_BY_LANGUAGE = {
    # The numbers that are `many` in these are fractions.
    **dict.fromkeys(("cs", "sk", "lt"), ("one", "few", "other")),
    **{lang: names for names, langs in _OF_LANGUAGES.items() for lang in langs.split()},
}


def plural_categories(lang: str) -> tuple[str, ...]:
    """The names of a language's plurals, in CLDR's order; `one` and `other` for those that are not listed."""
    return _BY_LANGUAGE.get(re.split("[-_]", lang)[0].lower(), _ONE_OTHER)
