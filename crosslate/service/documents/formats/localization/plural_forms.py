"""The plural forms of languages for gettext, as its manual and CLDR have them."""

from __future__ import annotations

import re

_ONE = "nplurals=1; plural=0;"
_TWO = "nplurals=2; plural=(n != 1);"
_TWO_FROM_TWO = "nplurals=2; plural=(n > 1);"
_EAST_SLAVIC = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
)
_CZECH = "nplurals=3; plural=(n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2;"
_WITH_TWO = (
    "en de nl sv da nb nn no fi et hu el he it es pt bg ca gl eu af sq is ka hi bn ur fa sw ta te mr ne eo"
)
_RULES = {
    **dict.fromkeys(("ja", "ko", "zh", "vi", "th", "id", "ms", "lo", "my", "km"), _ONE),
    **dict.fromkeys(("fr", "pt-BR", "tr", "fil", "hy", "oc"), _TWO_FROM_TWO),
    **dict.fromkeys(("ru", "uk", "be", "sr", "hr", "bs"), _EAST_SLAVIC),
    **dict.fromkeys(("cs", "sk"), _CZECH),
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "lt": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "lv": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);",
    "ro": "nplurals=3; plural=(n==1 ? 0 : (n==0 || (n%100 > 0 && n%100 < 20)) ? 1 : 2);",
    "sl": "nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);",
    "ga": "nplurals=5; plural=n==1 ? 0 : n==2 ? 1 : n<7 ? 2 : n<11 ? 3 : 4;",
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4"
    " : 5);",
    **dict.fromkeys(_WITH_TWO.split(), _TWO),
}


def plural_rule(lang: str) -> str | None:
    """The value of `Plural-Forms`; None for a language that is not listed."""
    return _RULES.get(lang) or _RULES.get(re.split("[-_]", lang)[0].lower())


def num_plurals(rule: str) -> int | None:
    """How many forms a `Plural-Forms` says there are."""
    found = re.search(r"nplurals\s*=\s*(\d)", rule)
    return int(found[1]) if found else None
