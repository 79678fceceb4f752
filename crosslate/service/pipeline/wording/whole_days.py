"""Days and months in short, as in `Mon-Fri` and `seg. a sex.`, are read in full.

Models take many of them for other words: `Thu and Sat` for a verb, `seg.` for seconds, `mar` for the sea.
They are days where several stand together, and beside what only a day has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.bare_sentences import is_bare
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.day_names import LANGUAGES, DayNames

_DASH = re.compile(r"\s*[-–—]\s*")
_NO_BORDER = r"[\w@#./\\_-]"
"""Before a short form: it is part of a longer word, a name, or a path."""
_BY_NUMBER = "ª"
"""Of a day, which any other second or third may have as well."""
_RANGE = re.compile(r"[-–—]|\s(?:a|à|até|to|through|thru|till|until)\s", re.IGNORECASE)
_BEGINS = re.compile(r"(?:^|[\n.:;!?|(])\s*$")
_LOOK_BACK = 4
_FIGURE = re.compile(r"\d")
_HOUR = r"\d{1,2}(?:\s?[hH](?!\w)|[hH:.]\d\d|\s?[aApP]\.?[mM])"
_BARE_HOURS = r"\d{1,2}\s?[-–—]\s?\d{1,2}(?=\s*(?:[;,|\n]|$))"
"""From one to another, where nothing follows that these may be numbers of."""
_SURE_HOURS = rf"(?:{_HOUR}\s?[-–—]\s?\d|\d{{1,2}}\s?[-–—]\s?{_HOUR})"
_BEFORE_YEAR = re.compile(r",?\s(?:de\s|of\s)?(?:\d{4}|['’]?\d\d)(?!\d)")


class _Patterns:
    """Where short forms of a language are days or months."""

    def __init__(self, language: DayNames) -> None:
        self._language = language
        flags = language.flags
        forms = [*language.days, *language.months]
        if not flags:
            forms += map(str.upper, forms.copy())
        self._form = re.compile("|".join(map(re.escape, forms)))
        between = rf"\s*[-–—/,&+]\s*|\s+(?i:{language.joins})\s+|,\s+(?i:{language.joins})\s+"
        days, months, certain = (_any(n) for n in (language.days, language.months, language.certain))
        of_week = r"(?:[ -]feira(?!\w))?"
        of_month = rf"(?:st|nd|rd|th|º)?\s(?:de\s|of\s)?(?:{months})(?!\w)|\sde\s\w+"
        date = rf"\d{{1,2}}(?:\s?[/.]\s?\d{{1,2}}|{of_month})"
        date += rf"|(?:{months})\.?\s\d{{1,2}}(?!\d)"
        self._runs = [
            re.compile(rf"(?<!{_NO_BORDER})(?:{one})(?:(?:{between})(?:{one}))+(?![\w@])", flags)
            for one in (rf"(?:{days})\.?{of_week}|{language.other_days}", rf"(?:{months})\.?")
        ]
        self._ones = [
            re.compile(rf"(?<![\w@])(?:{names})(?!\w)\.?{of_week}", flags) for names in (days, months)
        ]
        self._sure = [
            re.compile(
                rf"(?<!\w)(?i:{language.before})\s(?P<day>(?:{certain})(?:\.(?=[,;)]))?)(?![\w-])", flags
            )
        ]
        self._beside_figures = [
            re.compile(rf"(?<!{_NO_BORDER})(?P<day>(?:{days})\.?),?\s(?={date})", flags),
            re.compile(rf"(?<!{_NO_BORDER})(?P<day>(?:{certain})\.?)(?=:?,?\s(?:at\s|às\s)?\d)", flags),
            re.compile(
                rf"(?<!{_NO_BORDER})(?P<day>(?:{months})\.?)(?=,?\s(?:de\s)?(?:19|20)\d\d(?!\w))", flags
            ),
            re.compile(
                rf"(?<![\w.,:/-])\d{{1,2}}{language.of_day}(?P<day>(?:{months})(?:\.(?=\s))?)(?!\w)", flags
            ),
        ]
        self._beside_figures.append(
            re.compile(rf"(?<!{_NO_BORDER})(?P<day>(?:{days})\.?)(?=:?,?\s{_SURE_HOURS})", flags)
        )
        self._beside_figures.append(
            re.compile(
                rf"(?<!{_NO_BORDER})(?<!\d )(?P<day>(?:{days}){language.dot})(?={language.at_hour})", flags
            )
        )
        if language.with_stop is not None:
            self._sure.append(re.compile(rf"(?<!\w){language.with_stop}", flags))
        self._sure.append(
            re.compile(
                rf"(?<!\w)(?i:{language.closed})\s(?:on\s|a[os]?\s)?(?P<day>(?:{days})(?:\.(?=[;,)]))?)(?=[.;,)\n]|$)",
                flags,
            )
        )
        if not flags:  # where a month has a capital, a day may follow it
            behind = r"\s\d{1,2}(?:st|nd|rd|th)?(?![\w%]|[.,:/-]\d)"
            self._beside_figures.append(re.compile(rf"(?<!{_NO_BORDER})(?P<day>(?:{months})\.?)(?={behind})"))
        self._at_beginning = re.compile(
            rf"(?:^|(?<=[\n;,|])|(?<=[;,|.]\s))(?P<day>(?:{days})\.?)"
            rf"(?=:?\s(?:{_BARE_HOURS}|{_SURE_HOURS}|{_HOUR}(?!\d)|(?i:{language.closed})(?!\w)))",
            flags,
        )
        self._of_list = re.compile(
            rf"(?<!{_NO_BORDER})(?P<day>(?:{days})\.?)(?=:\s|\s{_HOUR}|(?<=[,;] ...) [a-z])", flags
        )

    def edits(self, text: str) -> list[tuple[Span, str]]:
        """In order, what is read in the place of what."""
        if is_bare(text) and not self._may_stand_in(text):
            return []
        found: dict[int, tuple[Span, str]] = {}
        for run, one in zip(self._runs, self._ones, strict=True):
            for match in run.finditer(text):
                for span, read in self._of_run(match, one):
                    found[span[0]] = span, read
        self._look_for(self._sure, text, found)
        has_figures = _FIGURE.search(text) is not None
        if has_figures or any(word in text.lower() for word in self._language.of_closed):
            self._look_for([self._at_beginning], text, found)
        if has_figures:
            self._look_for(self._beside_figures, text, found)
        if found:  # others beside them: `Mon-Fri: 8-18, Sat: 10-14, Sun: closed`
            self._look_for([self._of_list], text, found)
        return [found[start] for start in sorted(found)]

    def _may_stand_in(self, text: str) -> bool:
        """Whether there is a short form, maybe within a word; of letters whose case one way tells."""
        return self._form.search(text.lower() if self._language.flags else text) is not None

    def _look_for(
        self, patterns: Iterable[re.Pattern[str]], text: str, found: dict[int, tuple[Span, str]]
    ) -> None:
        for pattern in patterns:
            for match in pattern.finditer(text):
                found.setdefault(match.start("day"), (match.span("day"), self._whole(match, "day")))

    def _of_run(self, run: re.Match[str], one: re.Pattern[str]) -> Iterator[tuple[Span, str]]:
        shorts = list(one.finditer(run.string, *run.span()))
        if not self._is_sure(run, len(shorts)):
            return
        for match in shorts:
            start, end = match.span()
            # A full stop that ends the sentence is none of the day's.
            keeps = match.group().endswith(".") and end == len(run.string)
            yield (start, end - keeps), self._whole(match)
        if shorts or self._language.parts_days:
            for dash in _DASH.finditer(run.string, *run.span()):
                if not any(overlap(dash.span(), match.span()) for match in shorts):
                    to = self._language.to
                    yield dash.span(), f" {to.upper() if run.string.isupper() else to} "

    def _is_sure(self, run: re.Match[str], count: int) -> bool:
        """Whether short forms beside each other are days or months, and no names or other ordinal numbers."""
        said = run.group()
        if _RANGE.search(said):
            return True
        if _BY_NUMBER in said:
            return "feira" in said.lower()
        is_of_months = run.re is self._runs[1]
        return not is_of_months or count > 2 or _BEFORE_YEAR.match(run.string, run.end()) is not None

    def _whole(self, match: re.Match[str], group: str | int = 0) -> str:
        name = re.sub(r"[ -]feira$", "", match[group]).removesuffix(".")
        language = self._language
        known = {**language.days, **language.months}
        read = known.get(name) or known.get(name.capitalize()) or known[name.lower()]
        if match.string.isupper():
            return read.upper()
        # Where such words have no capital, one at a beginning has.
        is_first = name[0].isupper() and _begins(match.string, match.start(group))
        return read[0].upper() + read[1:] if is_first else read


def _begins(text: str, at: int) -> bool:
    return _BEGINS.search(text, max(0, at - _LOOK_BACK), at) is not None


def _any(names: Iterable[str]) -> str:
    every = {*names, *map(str.upper, names)}
    return "|".join(sorted(every, key=lambda name: (-len(name), name)))


@cache
def _patterns(lang: str) -> _Patterns:
    return _Patterns(LANGUAGES[lang])


def with_whole_days(given: DerivedText, lang: str, kept: Sequence[Span]) -> DerivedText:
    """The text with days and months in full, where its language is known and short forms are surely these.

    Args:
        given: a text or a part of one.
        lang: its language.
        kept: spans of it that stay as they are.
    """
    base = base_language(lang)
    if base not in LANGUAGES:
        return given
    return given.edited_beside(_patterns(base).edits(given.text), kept)
