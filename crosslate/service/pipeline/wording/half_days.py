"""Hours of a clock of twelve read by one of twenty-four, where models get them wrong: `12:15am`, `9am–5pm`.

They know that `5 p.m.` is 17:00. But they leave midnight at twelve, copy ranges, and lose `pm` at times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText

_WITH_TWO_HALVES = frozenset({"en", "hi", "bn", "ur", "ar", "ko", "zh", "fil", "tl", "ms", "el", "sq", "vi"})
"""Languages that say which half of the day it is."""
_NOON = 12
_BEFORE = r"(?<![\w:.,/$€£–-])"
_HALF = r"[ \xa0\u202f]?(?P<{0}>[AaPp])(?:[mM]|\.[ ]?[mM]\.?)(?!\w)"
_TIME = r"(?P<{0}>1[0-2]|0?[1-9])(?::(?P<{0}_minutes>[0-5]\d))?"
_MIDNIGHT = re.compile(rf"{_BEFORE}12(?::(?P<minutes>[0-5]\d))?[ \xa0\u202f]?(?:am|AM|[aA]\.[mM]\.?)(?!\w)")
_AFTER_NOON = re.compile(
    rf"{_BEFORE}{_TIME.format('hour')}(?<=:\d\d)[ \xa0\u202f]?(?:[pP][mM]|[pP]\.[ ]?[mM]\.?)(?!\w)"
)
"""With minutes, of which some models make an hour of the morning."""
_RANGE = re.compile(
    rf"{_BEFORE}{_TIME.format('first')}(?:{_HALF.format('half')})?(?P<dash>[ ]?[–-][ ]?)"
    rf"{_TIME.format('last')}{_HALF.format('other')}"
)
_ENDS_SENTENCE = re.compile(r"\s*$|\s+[\"“‘(]?[^\W\d_a-zß-ÿ]")


def with_hours_of_whole_days(
    given: DerivedText, source_lang: str, target_lang: str, kept: Sequence[Span]
) -> DerivedText:
    """The text with such hours as other languages than English write them.

    Args:
        given: a text or a part of one.
        source_lang: its language.
        target_lang: that of its translation.
        kept: spans of it that stay as they are.
    """
    is_other = base_language(source_lang) == "en" and base_language(target_lang) not in _WITH_TWO_HALVES
    if not is_other or not any(map(str.isdigit, given.text)):
        return given
    return given.edited_beside(list(_edits(given.text)), kept)


def _edits(text: str) -> list[tuple[Span, str]]:
    """In order."""
    found = [edit for hours in _RANGE.finditer(text) for edit in _of_range(hours)]
    taken = {start for (start, _), _ in found}
    midnights = (hour for hour in _MIDNIGHT.finditer(text) if hour.start() not in taken)
    found += ((_span(hour, hour.start()), f"0:{hour['minutes'] or '00'}") for hour in midnights)
    after_noon = (hour for hour in _AFTER_NOON.finditer(text) if hour.start() not in taken)
    found += ((_span(hour, hour.start()), _written(_hour(hour, "hour", "p"))) for hour in after_noon)
    return sorted(found)


def _of_range(hours: re.Match[str]) -> Iterator[tuple[Span, str]]:
    """Both; the first one is in the half of the last where it does not say, and that can be."""
    last = _hour(hours, "last", hours["other"])
    first = _hour(hours, "first", hours["half"] or hours["other"])
    if hours["half"] is None and first > last:
        first = _hour(hours, "first", "a")
    yield (hours.start(), hours.start("dash")), _written(first)
    yield _span(hours, hours.end("dash")), _written(last)


def _hour(hours: re.Match[str], name: str, half: str) -> tuple[int, str]:
    return int(hours[name]) % _NOON + _NOON * (half in "pP"), hours[f"{name}_minutes"] or "00"


def _written(hour: tuple[int, str]) -> str:
    return f"{hour[0]}:{hour[1]}"


def _span(hours: re.Match[str], start: int) -> Span:
    """From there on, without a full stop that ends the sentence, too."""
    end = hours.end()
    ends_both = hours.group().endswith(".") and _ENDS_SENTENCE.match(hours.string, end) is not None
    return start, end - ends_both
