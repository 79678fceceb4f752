"""Given names that have a form in the other language, `João` and `John`: people keep theirs in a translation.

Saints, kings and who stands in the Bible are called by the form of each language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText

_FORMS = (
    "Andrew/André Anne,Ann/Ana Anthony/António,Antônio Augustine/Agostinho Bernard/Bernardo "
    "Catherine/Catarina Charles/Carlos Edward/Eduardo Elizabeth/Isabel Ferdinand/Fernando "
    "Francis/Francisco George/Jorge Helen/Helena Henry/Henrique James/Tiago,Thiago Joan,Joanna/Joana "
    "John/João Joseph/José Lawrence/Lourenço Louis,Lewis/Luís,Luiz Luke/Lucas Mark,Marcus/Marcos "
    "Martha/Marta Mary/Maria Matthew/Mateus Michael/Miguel Paul/Paulo Peter/Pedro "
    "Philip,Phillip/Filipe,Felipe Richard/Ricardo Robert/Roberto Simon/Simão Stephen,Steven/Estêvão "
    "Theresa/Teresa Thomas/Tomás Vincent/Vicente William/Guilherme"
)
_BEFORE = re.compile(
    r"(?:\b(?:São|Santo|Santa|S\.|Sto\.|Sta\.|Dom|D\.|Dona|[Rr]ei|[Rr]ainha|[Pp]r[ií]ncipe|[Pp]rincesa|[Pp]apa|[Ii]mperador"
    r"|[Ii]nfante|Virgem|St\.?|Saint|Saints|King|Queen|Pope|Prince|Princess|Emperor|Virgin|Duke|Lady|Sir)\s)$"
)
_NUMBERED = re.compile(r"\s(?:[IVX]{1,5}\b|the\s[A-Z]|[oa]\s[A-ZÀ-Þ]|Baptist\b|Batista\b)")
_OF_THE_BIBLE = re.compile(
    r"\b(?:B[ií]bl|Gospel|Evangel|Apostle|Ap[óo]stol|disciple|discípul|Jesus|Christ|Crist|Prophet|Profeta|Testament)",
    re.IGNORECASE,
)
_LOOK_BACK = 16
_WORD = re.compile(r"(?<![\w@#.])[^\W\d_a-zß-ÿ][^\W\d_]+(?![\w@])")
_GREETING = re.compile(
    r"\s*(?:Dear|Hi|Hello|Hey|Good (?:morning|afternoon|evening)|Thanks|Thank you|Olá|Oi|Car[oa]|Prezad[oa]"
    r"|Querid[oa]|Bom dia|Boa (?:tarde|noite)|Obrigad[oa]),? (?P<name>[^\W\d_]+)(?:[,.!:]|$)"
)


def _by_language() -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {"en": {}, "pt": {}}
    for both in _FORMS.split():
        english, portuguese = (tuple(forms.split(",")) for forms in both.split("/"))
        found["en"].update(dict.fromkeys(english, portuguese))
        found["pt"].update(dict.fromkeys(portuguese, english))
    return found


_OTHERS = _by_language()
"""By language, what each name is called in the other one."""


@dataclass(frozen=True, slots=True)
class GivenNames:
    """Writes the names of a source for their forms in the output's language."""

    names: Sequence[str]
    """In order, each as often as it is there."""
    others: Mapping[str, tuple[str, ...]]

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with these names, where it has other forms for those that it lacks."""
        return written.edited(sorted(self._edits(written.text)))

    def _edits(self, text: str) -> Iterator[tuple[Span, str]]:
        for name in dict.fromkeys(self.names):
            num_lacking = self.names.count(name) - len(re.findall(rf"\b{name}\b", text))
            forms = re.finditer(rf"\b(?:{'|'.join(self.others[name])})\b", text)
            yield from ((form.span(), name) for form, _ in zip(forms, range(num_lacking), strict=False))


def given_names(text: str, source_lang: str, target_lang: str) -> GivenNames | None:
    """Those of people in a sentence; None where it has none, or the languages are others."""
    others = _OTHERS.get(base_language(source_lang))
    if others is None or base_language(target_lang) not in _OTHERS or _OF_THE_BIBLE.search(text) is not None:
        return None
    names = [word.group() for word in _WORD.finditer(text) if word.group() in others and _is_of_person(word)]
    return GivenNames(names, others) if names else None


def greeted(text: str, source_lang: str) -> Span | None:
    """Where the name stands of who is greeted, `Olá, Paulo!`: of that a model makes `Hello, you!`."""
    greeting = _GREETING.match(text)
    is_name = greeting is not None and greeting["name"] in _OTHERS.get(base_language(source_lang), ())
    return greeting.span("name") if greeting is not None and is_name else None


def _is_of_person(word: re.Match[str]) -> bool:
    start, end = word.span()
    is_titled = _BEFORE.search(word.string, max(0, start - _LOOK_BACK), start) is not None
    return not is_titled and _NUMBERED.match(word.string, end) is None
