"""Numbers in figures and again in words, `30 (thirty) days`, as in contracts: models write other words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language

_ENGLISH_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_PORTUGUESE_SMALL = (
    "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis "
    "dezessete dezoito dezenove"
)
_PORTUGUESE_TENS = "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa"
_PORTUGUESE_HUNDREDS = (
    "cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos"
)
_OTHER_FORMS = {
    "uma": 1,
    "duas": 2,
    "quatorze": 14,
    "dezasseis": 16,
    "dezassete": 17,
    "dezanove": 19,
    "cem": 100,
}


def _values(small: str, tens: str, hundreds: str = "") -> dict[str, int]:
    found = {word: value for value, word in enumerate(small.split())}
    found |= {word: 10 * value for value, word in enumerate(tens.split(), start=2)}
    return found | {word: 100 * value for value, word in enumerate(hundreds.split(), start=1)}


_PORTUGUESE = _values(_PORTUGUESE_SMALL, _PORTUGUESE_TENS, _PORTUGUESE_HUNDREDS)
_FEMININE = {word[:-2] + "as": value for word, value in _PORTUGUESE.items() if value >= 200}
_WORDS: Mapping[str, Mapping[str, int]] = {
    "en": _values(_ENGLISH_SMALL, _ENGLISH_TENS),
    "pt": _PORTUGUESE | _FEMININE | _OTHER_FORMS,
}
_THOUSAND = {"en": "thousand", "pt": "mil"}
_AND = {"en": "and", "pt": "e"}
_LIMIT = 1_000_000
_WORD = re.compile(r"[^\W\d_]+")
_TWICE = re.compile(
    r"(?<![\w.,])(?P<figures>\d{1,3}(?:[.,]\d{3})+|\d{1,6})(?:[.,]\d\d)?(?:[ \xa0]?[%€$£])?[ \xa0]?"
    r"\((?P<words>[^\W\d_][^()\d\n]{1,100})\)"
)
_IN_BRACKETS = re.compile(r"\((?P<words>[^\W\d_][^()\d\n]{1,100})\)")


def wrong_words(source: str, output: str, source_lang: str, target_lang: str) -> Sequence[Span]:
    """Where the words of such numbers stand in a source whose translation has others in brackets."""
    if "(" not in source or not {base_language(source_lang), base_language(target_lang)} <= _WORDS.keys():
        return []
    said = list(_spelled(source, source_lang))
    found = (_number(one["words"], target_lang) for one in _IN_BRACKETS.finditer(output)) if said else ()
    written = [value for value, _ in found]
    return [span for span, value in said if value not in written]


def spelled_in_target(text: str, source_lang: str, target_lang: str) -> str:
    """A number in words in those of the target; any other text as it is."""
    value, length = _number(text, source_lang)
    lang = base_language(target_lang)
    if value is None or length != len(text) or lang not in _WORDS:
        return text
    return _in_words(value, lang)


def _spelled(text: str, lang: str) -> Iterator[tuple[Span, int]]:
    """The words of numbers that stand in figures before them, and their values."""
    for one in _TWICE.finditer(text):
        value, length = _number(one["words"], lang)
        if value is not None and str(value) == re.sub(r"\D", "", one["figures"]):
            start = one.start("words")
            yield (start, start + length), value


def _number(words: str, lang: str) -> tuple[int | None, int]:
    """The value of the number that a text begins with, and its length; None where it begins with none."""
    lang = base_language(lang)
    values = _WORDS.get(lang, {})
    total = part = end = 0
    is_number = False
    for match in _WORD.finditer(words.lower()):
        word = match.group()
        if word == _AND.get(lang):
            continue
        if word == _THOUSAND.get(lang):
            total, part = total + max(part, 1) * 1000, 0
        elif word == "hundred" and lang == "en":
            part = max(part, 1) * 100
        elif word in values:
            part += values[word]
        else:
            break
        is_number, end = True, match.end()
    return (total + part if is_number else None), end


def _in_words(value: int, lang: str) -> str:
    """Of a number below a million."""
    thousands, rest = divmod(value, 1000)
    if value >= _LIMIT:
        return str(value)
    if not thousands:
        return _below_thousand(rest, lang)
    one = thousands == 1 and lang == "pt"
    head = _THOUSAND[lang] if one else f"{_below_thousand(thousands, lang)} {_THOUSAND[lang]}"
    if not rest:
        return head
    is_joined = rest < 100 or (lang == "pt" and rest % 100 == 0)
    return (
        f"{head} {_AND[lang]} {_below_thousand(rest, lang)}"
        if is_joined
        else f"{head} {_below_thousand(rest, lang)}"
    )


def _below_thousand(value: int, lang: str) -> str:
    small = (_ENGLISH_SMALL if lang == "en" else _PORTUGUESE_SMALL).split()
    tens = (_ENGLISH_TENS if lang == "en" else _PORTUGUESE_TENS).split()
    if value == 100 and lang == "pt":
        return "cem"
    parts: list[str] = []
    if hundreds := value // 100:
        parts.append(
            f"{small[hundreds]} hundred" if lang == "en" else _PORTUGUESE_HUNDREDS.split()[hundreds - 1]
        )
    rest = value % 100
    if rest < 20:
        parts += [small[rest]] if rest or not parts else []
    else:
        unit = [small[rest % 10]] if rest % 10 else []
        parts.append(("-" if lang == "en" else " e ").join([tens[rest // 10 - 2], *unit]))
    return f" {_AND[lang]} ".join(parts)
