"""The rules: what of a source has to be in its translation, and whether it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loadtests.fidelity.items import Item
from loadtests.fidelity.numbers import is_written_out, numbers, says_same

Span = tuple[int, int]

_LAYOUT = re.compile(r"\r\n|[\t\n\r\f\v\x85\xa0\u2028\u2029]| {2,}")
_LINE_END = re.compile(r"\r\n|[\n\r\f\v\x85\u2028\u2029]")
_LINE_START = re.compile(r"[ \t]*(?:>[ \t]?)*[ \t]*(?:#{1,6} |[-*+•–] (?:\[[ xX]\] )?|\d+[.)] |\|[ \t]*)?")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_AMOUNT = re.compile(r"^(?P<before>\D*?)[ \xa0]?(?P<number>\d.*\d|\d)[ \xa0]?(?P<after>\D*)$")
_FORMS_OF_SIGNS = {"$": ("$", "US$"), "US$": ("US$", "$")}
"""What is the same currency to a reader."""
_SPARE_WORDS, _MOST_WORDS_FOR_ONE = 1, 3
"""An output of a short source: at most so many words for one, and these besides."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A translation as a service gives it."""

    text: str
    segments: Sequence[Span] = ()
    """Of the source, in code points."""
    warnings: Sequence[Span | None] = ()
    """The part of the source that each is about; None where it does not say."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that had to survive."""

    what: str
    spans: Sequence[Span]
    """Where it stands in the source."""
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A text, its translation, and the translations of the other texts that its rules name."""

    item: Item
    answer: Answer
    others: Mapping[str, str]


def other_texts(item: Item) -> list[str]:
    """Texts whose translations a rule compares with."""
    return [str(item.rules[rule]) for rule in ("capitals", "joined") if rule in item.rules]


def check(case: Case) -> list[Check]:
    """All that had to survive in one text.

    Raises:
        ValueError: the item names a rule that there is not, or a span that its text does not have.
    """
    found: list[Check] = []
    for rule, argument in case.item.rules.items():
        if rule not in _RULES:
            raise ValueError(f"{case.item.id}: no rule {rule!r}; there are {', '.join(_RULES)}")
        found += _RULES[rule](case, argument)
    return found


def _exact(case: Case, wanted: Sequence[str]) -> list[Check]:
    """Byte for byte, and as often as in the source."""
    spans = {text: _places(text, case) for text in wanted}
    return [
        Check(text, places, len(_occurrences(text, case.answer.text)) == len(places))
        for text, places in spans.items()
    ]


def _written(case: Case, wanted: Sequence[str]) -> list[Check]:
    """In the form of the target language: an hour, an item in lower case."""
    return [Check(text, [_whole(case)], bool(_occurrences(text, case.answer.text))) for text in wanted]


def _numbers(case: Case, wanted: Sequence[str]) -> list[Check]:
    """The same value, separators as in either language; small ones may be words."""
    item, output = case.item, case.answer.text
    left = [output[start:end] for start, end in numbers(output)]
    checks = []
    for number, times in Counter(wanted).items():
        places = _places(number, case)
        same = [n for n in left if says_same(number, item.source_lang, n, item.target_lang)][:times]
        for one in same:
            left.remove(one)
        is_kept = len(same) == times or is_written_out(number, output, item.target_lang)
        checks.append(Check(number, places, is_kept))
    return checks


def _amounts(case: Case, wanted: Sequence[str]) -> list[Check]:
    """The value, with the sign of the currency beside it, on either side."""
    return [Check(amount, _places(amount, case), _has_amount(case, amount)) for amount in wanted]


def _has_amount(case: Case, amount: str) -> bool:
    parts = _AMOUNT.match(amount)
    if parts is None:
        raise ValueError(f"{case.item.id}: {amount!r} is no amount")
    sign = (parts["before"] or parts["after"]).strip()
    output = case.answer.text
    for start, end in numbers(output):
        number = output[start:end]
        if not says_same(parts["number"], case.item.source_lang, number, case.item.target_lang):
            continue
        before, after = output[:start].rstrip(" \xa0\u202f"), output[end:].lstrip(" \xa0\u202f")
        for form in _FORMS_OF_SIGNS.get(sign, (sign,)):
            if re.search(rf"(?<![\w$]){re.escape(form)}$", before) or after.startswith(form):
                return True
    return False


def _no_new_digits(case: Case, _: bool) -> list[Check]:
    """No digit that the source does not have as often."""
    added = Counter(filter(str.isdigit, case.answer.text)) - Counter(filter(str.isdigit, case.item.text))
    return [Check("no digits of its own", [_whole(case)], not added)]


def _layout(case: Case, _: bool) -> list[Check]:
    """Tabs, line ends, runs of blanks and fixed blanks: the same ones in the same order."""
    same = _LAYOUT.findall(case.item.text) == _LAYOUT.findall(case.answer.text)
    return [Check("layout", [_whole(case)], same)]


def _line_starts(case: Case, _: bool) -> list[Check]:
    """Every line begins with the same mark: of headings, lists, quotes, tables."""
    source, target = (_LINE_END.split(text) for text in (case.item.text, case.answer.text))
    starts = [[_start_of(line) for line in lines] for lines in (source, target)]
    return [Check("marks before lines", [_whole(case)], starts[0] == starts[1])]


def _start_of(line: str) -> str:
    match = _LINE_START.match(line)
    return match.group() if match else ""


def _joined(case: Case, whole: str) -> list[Check]:
    """Lines of prose say what the prose without line ends says, on as many lines."""
    source, target = (_LINE_END.split(text) for text in (case.item.text, case.answer.text))
    words = [word for line in target for word in line.lstrip("> \t").split()]
    return [
        Check("sentences over line ends", [_whole(case)], " ".join(words) == case.others[whole]),
        Check("number of lines", [_whole(case)], len(source) == len(target)),
    ]


def _capitals(case: Case, plain: str) -> list[Check]:
    """Capitals again, and apart from that what the sentence without them gives."""
    output = case.answer.text
    bare = output
    for kept in case.item.rules.get("exact", ()):
        bare = bare.replace(kept, "")
    return [
        Check("in capitals", [_whole(case)], bare == bare.upper()),
        Check("readable", [_whole(case)], output.casefold() == case.others[plain].casefold()),
    ]


def _sentences(case: Case, wanted: Sequence[str]) -> list[Check]:
    """Each is translated as a whole, and alone."""
    found = [case.item.text[start:end] for start, end in case.answer.segments]
    return [Check(sentence, _places(sentence, case), sentence in found) for sentence in wanted]


def _short(case: Case, _: bool) -> list[Check]:
    """No word twice that is once in the source, no parenthesis of its own, no lecture."""
    source, output = case.item.text, case.answer.text
    doubled = _most_frequent(output) > max(1, _most_frequent(source))
    words, most = len(_WORD.findall(output)), _MOST_WORDS_FOR_ONE * len(_WORD.findall(source)) + _SPARE_WORDS
    return [
        Check("no word doubled", [_whole(case)], not doubled),
        Check("no parenthesis of its own", [_whole(case)], output.count("(") <= source.count("(")),
        Check("not far longer", [_whole(case)], words <= most),
    ]


def _most_frequent(text: str) -> int:
    """How often the most frequent word is there; short ones are grammar."""
    return max(Counter(w for w in _WORD.findall(text.casefold()) if len(w) > 3).values(), default=0)


def _places(wanted: str, case: Case) -> list[Span]:
    places = _occurrences(wanted, case.item.text)
    if not places:
        raise ValueError(f"{case.item.id}: the text has no {wanted!r}")
    return places


def _occurrences(wanted: str, text: str) -> list[Span]:
    """As words of their own, where it is words."""
    before = r"(?<!\w)" if wanted[0].isalnum() else ""
    after = r"(?!\w)" if wanted[-1].isalnum() else ""
    return [match.span() for match in re.finditer(before + re.escape(wanted) + after, text)]


def _whole(case: Case) -> Span:
    return 0, len(case.item.text)


_RULES: Mapping[str, Callable[[Case, Any], list[Check]]] = {
    "exact": _exact,
    "written": _written,
    "numbers": _numbers,
    "amounts": _amounts,
    "no_new_digits": _no_new_digits,
    "layout": _layout,
    "line_starts": _line_starts,
    "joined": _joined,
    "capitals": _capitals,
    "sentences": _sentences,
    "short": _short,
}
