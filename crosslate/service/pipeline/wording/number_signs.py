"""`nº 12` and `No. 12` as a model reads them without taking them for the words `no`.

Vocabularies that are normalised by NFKC read `º` as `o`: `nº` is then a preposition in Portuguese (`in the`),
as `no` without its full stop is in the translation of an English `no. 12`. Of `w/` and `.05`, which models
leave out with what stands behind, or without the point, the whole is read, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText

_RAISED = re.compile(
    r"(?<![\w.])(?P<first>[nN])(?:\.?(?:º|°(?![ \xa0]?\d))(?P<plural>s?)|\.(?P<letters>os)(?=[ \xa0]\d))"
    r"(?![^\W\d_])(?P<gap>[ \xa0\u202f]?)"
)
_DAY = re.compile(r"(?<!\w)(?P<number>[2-6])\.?ª[ -](?=feira)", re.IGNORECASE)
_DAYS = ("segunda", "terça", "quarta", "quinta", "sexta")
_BARE_FRACTION = re.compile(r"(?<!\S)\.(?=\d+(?:[,;)]|\.?(?:\s|$)))")
"""`.05`, of which models lose the point."""
_WITH = re.compile(r"(?<!\S)w/(?:(?P<out>o)(?=[\s,.;)])|(?=\s))")
_COM = re.compile(r"(?<!\S)(?P<first>[csp])/ ?(?=(?P<next>[^\W\d_]{2,24})|\d)")
"""`c/ gelo`, `s/ juros`, `p/ pessoa`: of Portuguese."""
_MEASURES, _TIMES = "kg kilo km litro m² peça pessoa unidade", "ano dia hora mês minuto noite semana"
_EACH = frozenset(f"{_MEASURES} {_TIMES}".split())
_MILLIONS = re.compile(r"(?<=\d)(?P<unit>m|mn|M|bn|B|tn|trn)(?![\w'’])")
_OF_MONEY = re.compile(r"[$€£¥₹][ \xa0]?\d[\d.,]{0,20}$")
_MILHOES = re.compile(r"(?<=\d)(?P<gap>[ \xa0])(?P<unit>mi|bi|tri)(?!\w)(?P<of>(?= de ))?")
_SCALES = {
    "m": "million",
    "mn": "million",
    "b": "billion",
    "bn": "billion",
    "tn": "trillion",
    "trn": "trillion",
}
_ESCALAS = {"mi": ("milhão", "milhões"), "bi": ("bilhão", "bilhões"), "tri": ("trilhão", "trilhões")}
"""`$950m` and `R$ 2,5 mi`, which are metres and miles to who reads them in the other language."""
_SAID = r"(?<!\bis )(?<!\bwas )(?<!\bsay )(?<!\bsays )(?<!\bsaid )(?<!\bor )(?<!\bmeans )"
_SECONDS = re.compile(
    r"(?<!\w)(?:(?:after|for|within|every|than)|(?P<pt>após|depois de|durante|cada|dentro de)) "
    r"(?P<number>\d{1,3})(?P<unit>s)(?!\w)"
)
"""`after 30s`, whose `s` models leave out; `in 80s` may be years."""
_FIGURE_AND_S, _MAY_HAVE_SCALES = re.compile(r"\ds"), re.compile(r"[$€£¥₹]|\d [mb]i de ")
"""Few texts have these."""
_LONGEST_AMOUNT = 24
_BEGINNING = re.compile(r"(?:^|[\n!?])\s*$")
_ENGLISH = re.compile(
    rf"(?<![\w.]){_SAID}(?P<first>[nN])o(?P<plural>s?)\."
    rf"(?:[ \xa0]?(?=\d|of[ ]|[A-Z]{{1,4}}-?\d)|(?<=[a-z] no\.)[ \xa0](?=[{{%\[<#]))"
)
"""Not the answer at the end of a sentence, before one that begins with a number."""


_OF_LAW = re.compile(
    r"(?:(?<!\w)(?i:art(?:s?\.|igos?|s)?|cláusulas?|cl\.)|§{1,2})[ \xa0]?\d{1,4}(?P<sign>\.?[ºª°])"
    r"(?:(?:,| [ae])[ \xa0]\d{1,4}(?P<next>\.?[ºª°]))?(?![^\W\d_])"
)
"""An article or paragraph of a law, `Art. 3.º`: elsewhere they are not counted off."""
_WITH_RAISED = frozenset({"pt", "gl", "es", "it"})


def with_numbers_of_laws(given: DerivedText, lang: str, target_lang: str) -> DerivedText:
    """Into a language that has no sign there, the text without the signs behind numbers of articles."""
    if not any(sign in given.text for sign in "ºª°"):
        return given
    if base_language(lang) not in _WITH_RAISED or base_language(target_lang) in _WITH_RAISED:
        return given
    found = _OF_LAW.finditer(given.text)
    signs = (one.span(name) for one in found for name in ("sign", "next") if one[name] is not None)
    return given.edited([(span, "") for span in signs])


def with_readable_number_signs(given: DerivedText, lang: str) -> DerivedText:
    """The text, in a language, with its number signs as words or abbreviations that cannot be mistaken."""
    if " ." in given.text or "." in given.text[:1]:
        given = given.edited(
            [((at, at), "0") for at in map(re.Match.start, _BARE_FRACTION.finditer(given.text))]
        )
    if _FIGURE_AND_S.search(given.text) is not None:
        given = _rewritten(given, _SECONDS, _seconds)
    text = given.text
    if "/" in text and base_language(lang) == "pt":
        given = _rewritten(given, _COM, _com)
        text = given.text
    if _MAY_HAVE_SCALES.search(text) is not None:
        given = _with_scales(given, lang)
        text = given.text
    match base_language(lang):
        case "pt" if "ª" in text and "feira" in text:
            return _rewritten(given, _DAY, _day)
        case "pt" | "es" | "gl" if "º" in text or "°" in text or "os " in text:
            return _rewritten(given, _RAISED, _raised)
        case "en":
            if "o." in text or "os." in text:
                given = _rewritten(given, _ENGLISH, _english)
            return _rewritten(given, _WITH, _with) if "w/" in text else given
    return given


def _rewritten(
    given: DerivedText, pattern: re.Pattern[str], written: Callable[[re.Match[str]], str]
) -> DerivedText:
    found = ((match.span(), match.group(), written(match)) for match in pattern.finditer(given.text))
    return given.edited([(span, new) for span, old, new in found if old != new])


def _with_scales(given: DerivedText, lang: str) -> DerivedText:
    """With millions in full, of money, or of what there are so many of."""
    match base_language(lang):
        case "en":
            return _rewritten(given, _MILLIONS, _million)
        case "pt":
            return _rewritten(given, _MILHOES, _milhao)
    return given


def _million(found: re.Match[str]) -> str:
    return f" {_SCALES[found['unit'].lower()]}" if _is_money(found) else found.group()


def _milhao(found: re.Match[str]) -> str:
    if found["of"] is None and not _is_money(found):
        return found.group()
    is_one = re.search(r"(?<![\d.,])1(?:,\d+)?$", found.string[: found.start()]) is not None
    return f"{found['gap']}{_ESCALAS[found['unit']][0 if is_one else 1]}"


def _is_money(found: re.Match[str]) -> bool:
    start = max(0, found.start() - _LONGEST_AMOUNT)
    return _OF_MONEY.search(found.string, start, found.start()) is not None


def _seconds(found: re.Match[str]) -> str:
    name = "second" if found["pt"] is None else "segundo"
    return f"{found.group()[:-1]} {name}{'' if found['number'] == '1' else 's'}"


def _raised(found: re.Match[str]) -> str:
    first = found["first"]
    if found["plural"] or found["letters"]:
        return f"{first}úmeros{found['gap'] or ' '}"
    # Before figures its translation is an abbreviation, too.
    has_figures = found.string[found.end() : found.end() + 1].isdecimal()
    return f"{first}.º{found['gap'] or ' '}" if has_figures else f"{first}úmero{found['gap']}"


def _day(found: re.Match[str]) -> str:
    return f"{_DAYS[int(found['number']) - 2]}-"


def _com(found: re.Match[str]) -> str:
    if found["first"] == "p":
        return "por " if found["next"] in _EACH else "para "
    return "com " if found["first"] == "c" else "sem "


def _with(found: re.Match[str]) -> str:
    return "without" if found["out"] else "with"


def _english(found: re.Match[str]) -> str:
    begins = _BEGINNING.search(found.string, max(0, found.start() - 2), found.start()) is not None
    begins = begins or found.string.startswith("of ", found.end())
    return f"{found['first'] if begins else 'n'}umber{found['plural']} "
