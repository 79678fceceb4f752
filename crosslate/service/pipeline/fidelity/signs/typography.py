"""Quotation marks, apostrophes, dashes and ellipses of a source that a model reads as plain ones.

Many vocabularies have `"`, `'`, `-` and `...` only. A translation gets the source's own back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.signs.plain_marks import Mark, plain_marks
from crosslate.service.pipeline.text.origin import DerivedText, place_in

_TYPOGRAPHIC = re.compile("[‘’‚‛“”„‟«»‹›‐‑‒–—―−…]")
_CLOSING = {"“": "”", "„": "“", "‘": "’", "‚": "‘", "«": "»", "‹": "›", "”": "”", "’": "’"}
_OPENING = {"”": "“", "“": "„", "’": "‘", "»": "«", "›": "‹"}
_WORD_BEFORE, _WORD_AFTER = re.compile(r"\w+$"), re.compile(r"\w+")
_LOOK_BACK = 40
_WORDS = "aa"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Dash:
    """One between words."""

    typed: str
    is_tight: bool
    """The source has no blanks there."""


@dataclass(frozen=True, slots=True)
class Typography:
    """Writes the marks of an output as those of its source are written."""

    double: Pair | None
    """What a plain double mark is written as where it opens, and where it closes."""
    single: Pair | None
    apostrophe: str | None
    between: tuple[Dash, ...]
    """Those with blanks at their sides, as a model reads them, in order."""
    sign: str | None
    inner: Mapping[str, str]
    """Dashes within a word or a range, by what stands before and behind."""
    num_within_words: int
    """How many of these stand between letters."""
    has_ellipsis: bool
    mixed: Mapping[str, tuple[str, ...]]
    """Double marks and ellipses that are not all typed in one way, in order."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with the source's marks."""
        edits: list[tuple[Span, str]] = []
        for (start, end), mark in self._edits(written.text):
            # Two dashes have one blank between them, which only one can take along.
            first = max(start, edits[-1][0][1]) if edits else start
            edits.append(((first, end), mark))
        return written.edited(edits)

    def _edits(self, text: str) -> Iterator[tuple[Span, str]]:
        is_open = False
        marks = list(plain_marks(text))
        between, inner = self._between(marks), self._by_kind(marks)
        nums = Counter(mark.text for mark in marks)
        mixed = {plain: iter(typed) for plain, typed in self.mixed.items() if len(typed) == nums[plain]}
        opening = iter(_openings([mark for mark in marks if mark.text == '"']))
        for mark in marks:
            opens = next(opening) if mark.text == '"' else mark.opens
            match mark.text:
                case plain if plain in mixed:
                    yield mark.span, next(mixed[plain])
                case '"' if self.double is not None:
                    yield mark.span, self.double[not opens]
                case "'":
                    if mark.is_apostrophe or not (mark.opens or is_open) or self.single is None:
                        found = self.apostrophe
                    else:
                        is_open = mark.opens
                        found = self.single[not mark.opens]
                    if found is not None:
                        yield mark.span, found
                case "..." if self.has_ellipsis:
                    yield mark.span, "…"
                case "-" if mark.is_between_words:
                    if (dash := next(between, None)) is not None:
                        yield _place(mark, dash), dash.typed
                case "-":
                    if (found := self._dash(mark, text, inner)) is not None:
                        yield mark.span, found

    def _between(self, marks: Sequence[Mark]) -> Iterator[Dash]:
        """The dashes for those between words: each its own, or one for all where some were left out."""
        num = sum(mark.text == "-" and mark.is_between_words for mark in marks)
        if len(self.between) == num:
            return iter(self.between)
        kinds = {dash.typed for dash in self.between}
        return repeat(self.between[0]) if len(kinds) == 1 else iter(())

    def _by_kind(self, marks: Sequence[Mark]) -> Mapping[str, str]:
        """Dashes by what they stand between; one between letters may be a hyphen of the output's own."""
        has_more = _num_within_words(marks) > self.num_within_words
        return {**self.inner, _WORDS: "-"} if has_more else self.inner

    def _dash(self, mark: Mark, text: str, by_kind: Mapping[str, str]) -> str | None:
        if mark.is_sign:
            return self.sign
        by_words = (self.inner.get(words) for words in _words_beside(mark, text))
        found = (*by_words, by_kind.get(mark.neighbours))
        return next((dash for dash in found if dash is not None), None)


def _num_within_words(marks: Iterable[Mark]) -> int:
    return sum(mark.text == "-" and mark.neighbours == _WORDS for mark in marks if not mark.is_between_words)


def typography_of(source: DerivedText, sent: str, seen: DerivedText | None = None) -> Typography | None:
    """How a text is set; None where its marks are plain, or the model reads them as they are.

    Args:
        source: as the model reads it.
        sent: the whole text that it leads to.
        seen: of markup what a reader sees of the passage, where a mark may have been sent by its name.
    """
    if seen is not None:
        start, end = place_in(seen, source.span) or (0, 0)
    else:
        start, end = source.span
    whole = sent if seen is None else seen.text
    if whole.isascii() or _TYPOGRAPHIC.search(whole, start, end) is None:
        return None
    text = source.text
    marks = [(mark, _typed(source, mark.span[0], sent, seen)) for mark in plain_marks(text)]
    if all(mark.text.startswith(typed) for mark, typed in marks):
        return None
    doubles = [(mark, typed) for mark, typed in marks if mark.text == '"']
    singles, apostrophes = _singles([(mark, typed) for mark, typed in marks if mark.text == "'"])
    dashes = [(mark, typed) for mark, typed in marks if mark.text == "-"]
    between = [(mark, typed) for mark, typed in dashes if mark.is_between_words]
    double, single = _pair(doubles), _pair(singles)
    ellipses = [typed for mark, typed in marks if mark.text == "..."]
    return Typography(
        double=double or (single if not doubles else None),
        single=single or (("‘", "’") if double and not apostrophes else None),
        apostrophe=_common(apostrophes) or ("’" if (double or single) and not apostrophes else None),
        between=tuple(Dash(typed, _is_tight(source, mark)) for mark, typed in between),
        sign=_common([typed for mark, typed in dashes if mark.is_sign]),
        inner=_inner(dashes, text),
        num_within_words=_num_within_words([mark for mark, _ in dashes]),
        has_ellipsis=set(ellipses) == {"…"},
        mixed=dict(_mixed((('"', [typed for _, typed in doubles]), ("...", ellipses)))),
    )


def _typed(source: DerivedText, place: int, sent: str, seen: DerivedText | None) -> str:
    """The character that stands for a mark."""
    if seen is None:
        return sent[source.origin.starts.item(place)]
    found = place_in(seen, source.origin.span((place, place + 1)))
    return source.text[place] if found is None else seen.text[found[0]]


def _place(mark: Mark, dash: Dash) -> Span:
    """What a dash is written for: also the blanks beside it where it is to have none."""
    start, end = mark.span
    is_tight = dash.is_tight and start > 0 and mark.after
    return (start - 1, end + 1) if is_tight else (start, end)


def _openings(marks: Sequence[Mark]) -> list[bool]:
    """Which of some marks of one kind open a quotation: amid scripts without blanks every other one."""
    found: list[bool] = []
    for mark in marks:
        found.append(not (found and found[-1]) if mark.is_amid_unspaced else mark.opens)
    return found


def _pair(marks: Sequence[tuple[Mark, str]]) -> Pair | None:
    """How quotations are opened and closed; None where some marks are plain, or there are none."""
    if not marks or any(mark.text == typed for mark, typed in marks):
        return None
    kinds = list(zip(_openings([mark for mark, _ in marks]), (typed for _, typed in marks), strict=True))
    opening = next((typed for opens, typed in kinds if opens), None)
    closing = next((typed for opens, typed in kinds if not opens), None)
    if opening is None:
        opening = _OPENING.get(closing or "", "“")
    return opening, closing or _CLOSING.get(opening, "”")


def _mixed(marks: Iterable[tuple[str, Sequence[str]]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of plain marks those of which some are typed so, and some are not."""
    for plain, typed in marks:
        are_plain = [plain.startswith(one) for one in typed]
        if any(are_plain) and not all(are_plain):
            yield (
                plain,
                tuple(plain if is_plain else one for one, is_plain in zip(typed, are_plain, strict=True)),
            )


def _singles(marks: Sequence[tuple[Mark, str]]) -> tuple[list[tuple[Mark, str]], list[str]]:
    """Single quotation marks, and how apostrophes are written."""
    quotes: list[tuple[Mark, str]] = []
    apostrophes: list[str] = []
    is_open = False
    for mark, typed in marks:
        opens = mark.opens and typed in "‘‚‹"
        if not mark.is_apostrophe and (opens or is_open):
            quotes.append((mark, typed))
            is_open = opens
            continue
        apostrophes.append(typed)
    return quotes, apostrophes


def _common(typed: Sequence[str]) -> str | None:
    """What all of them are; None where they differ, or are plain."""
    return typed[0] if len(set(typed)) == 1 and typed[0] not in "-'" else None


def _is_tight(source: DerivedText, mark: Mark) -> bool:
    """Whether the blanks beside a dash stand for the dash itself."""
    start, end = mark.span
    starts = source.origin.starts
    return start > 0 and end < len(source.text) and starts.item(start - 1) == starts.item(end)


def _inner(dashes: Sequence[tuple[Mark, str]], text: str) -> dict[str, str]:
    """By the words beside them; by the kind of these where all dashes between such are one."""
    within = [(mark, typed) for mark, typed in dashes if not (mark.is_between_words or mark.is_sign)]
    found = {words: typed for mark, typed in within for words in _words_beside(mark, text)}
    for kind in {mark.neighbours for mark, _ in within}:
        common = _common([typed for mark, typed in within if mark.neighbours == kind])
        if common is not None:
            found[kind] = common
    return found


def _words_beside(mark: Mark, text: str) -> list[str]:
    start, end = mark.span
    before = _WORD_BEFORE.search(text, max(0, start - _LOOK_BACK), start)
    after = _WORD_AFTER.match(text, end)
    found = [f"{before.group()}-"] if before else []
    return [*found, f"-{after.group()}"] if after else found
