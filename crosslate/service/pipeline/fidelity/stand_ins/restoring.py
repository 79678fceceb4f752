"""An output with what its stand-ins stand for, and its foreign names letter by letter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.fidelity.stand_ins.masking import Folded, Slot
from crosslate.service.pipeline.fidelity.stand_ins.stand_ins import LATIN_LETTERS, occurrences
from crosslate.service.pipeline.text.origin import DerivedText

_WORD = re.compile(r"[^\W\d_]+")
_LEAST_TO_RESTORE = 3
"""Letters of a word that may change: shorter ones are words of many languages."""
_LEAST_FOR_ONE, _LEAST_FOR_TWO = 4, 8
"""Letters of a word that may have come out with one wrong, and with two."""


@dataclass(frozen=True, slots=True)
class Unmasking:
    """Puts back what stand-ins stand for, and foreign names."""

    slots: Sequence[Slot]
    folded: Sequence[Folded]

    def restored(self, written: DerivedText) -> DerivedText:
        """The text to answer."""
        return restored(written, self.slots, self.folded).text


@dataclass(frozen=True, slots=True)
class Restored:
    """An output as it is answered, and what it lacks."""

    text: DerivedText
    """Leads to what the model wrote."""
    missing: Sequence[Slot | Folded] = ()
    doubled: Sequence[Slot] = ()
    misplaced: Sequence[Slot] = ()
    """Closing tags that do not stand behind the words they close."""
    spans: Sequence[tuple[Slot | Folded, Span]] = ()
    """Where each stands in what the model wrote."""

    @property
    def num_faults(self) -> int:
        """How much is not as it should be."""
        return len(self.missing) + len(self.doubled) + len(self.misplaced)


def restored(written: DerivedText, slots: Sequence[Slot], folded: Sequence[Folded]) -> Restored:
    """What a model wrote with the spans and words of the source in it."""
    decoded = written.text
    places: list[tuple[Slot | Folded, Span]] = []
    missing: list[Slot | Folded] = []
    doubled: list[Slot] = []
    for slot in slots:
        found = occurrences(slot.stand_in, decoded)
        places += [(slot, span) for span in found]
        if not found:
            missing.append(slot)
        elif len(found) > 1:
            doubled.append(slot)
    misplaced = _crossed(decoded, places)
    taken = [span for _, span in places]
    for words in _by_reading(folded):
        if words[0].may_change and len(words[0].read) < _LEAST_TO_RESTORE:
            continue
        spans = _word_spans(words[0].read, decoded, len(words), taken)
        taken += spans
        places += ((words[min(i, len(words) - 1)], span) for i, span in enumerate(spans))
        missing += (word for word in words[len(spans) :] if not word.may_change)
    places.sort(key=lambda place: place[1])
    edits = list(_edits(decoded, places))
    return Restored(written.edited(edits), missing, doubled, misplaced, places)


def _edits(decoded: str, places: Sequence[tuple[Slot | Folded, Span]]) -> Iterator[tuple[Span, str]]:
    """In order; `places` are so, and apart."""
    last, end_of_slot = 0, -1
    slots = {span[0] for item, span in places if isinstance(item, Slot)}
    for item, span in places:
        start, end = span
        if isinstance(item, Folded):
            yield span, _in_case_of(decoded[start:end], item)
        else:  # two that touch in the source are one: those that come beside each other stay apart
            is_free = start > max(last, end_of_slot + 1)
            first = start - (item.sticks_before and is_free and decoded[start - 1] == " ")
            end_of_slot = end
            end += item.sticks_after and decoded[end : end + 1] == " " and end + 1 not in slots
            yield (first, end), item.text
        last = end


def _in_case_of(found: str, word: Folded) -> str:
    """The word as it was sent; in capitals where the output has it so."""
    is_raised = len(found) > 1 and found.isupper() and not word.read.isupper()
    return word.text.upper() if is_raised else word.text


def _crossed(decoded: str, places: Sequence[tuple[Slot | Folded, Span]]) -> list[Slot]:
    """Closing tags that stand before those they close, or right behind them without the words between."""
    at = {item.stand_in: span for item, span in reversed(places) if isinstance(item, Slot)}
    return [
        item
        for item, (start, _) in places
        if isinstance(item, Slot)
        and item.closes in at
        and not any(map(str.isalpha, decoded[at[item.closes][1] : start]))
    ]


def _by_reading(folded: Sequence[Folded]) -> list[list[Folded]]:
    groups: dict[str, list[Folded]] = {}
    for word in folded:
        groups.setdefault(word.read.casefold(), []).append(word)
    return list(groups.values())


def _word_spans(read: str, decoded: str, wanted: int, taken: Sequence[Span]) -> list[Span]:
    """Where a folded word stands in an output: as it was read, else as what comes nearest to it."""
    letters = LATIN_LETTERS if read.isascii() else r"^\W_"  # beside those of another script it is a word too
    pattern = rf"(?<![{letters}]){re.escape(read)}(?=(?:['’]?s)?(?![{letters}]))"
    found = [
        match.span()
        for match in re.finditer(pattern, decoded, re.IGNORECASE)
        if _is_in_case(match.group(), read) and _is_free(match.span(), taken)
    ]
    if len(found) >= wanted:
        return found
    near = [
        match.span()
        for match in _WORD.finditer(decoded)
        if _is_free(match.span(), (*taken, *found)) and _is_near(read, match.group())
    ]
    return sorted([*found, *near[: wanted - len(found)]])


def _is_free(span: Span, taken: Sequence[Span]) -> bool:
    return not any(overlap(span, other) for other in taken)


def _is_in_case(found: str, read: str) -> bool:
    """`Over` is not the word `over`."""
    return found[:1].isupper() or not read[:1].isupper()


def _is_near(read: str, found: str) -> bool:
    """Whether a word is a slip of the pen for another: names come out with a letter too many or too few."""
    length = min(len(read), len(found))
    if (
        length < _LEAST_FOR_ONE
        or read[0].casefold() != found[0].casefold()
        or read[0].isupper() != found[0].isupper()
    ):
        return False
    most = 2 if length >= _LEAST_FOR_TWO else 1
    if abs(len(read) - len(found)) > most:
        return False
    if sum((Counter(read.casefold()) - Counter(found.casefold())).values()) > most:
        return False
    return _distance(read.casefold(), found.casefold()) <= most


def _distance(first: str, second: str) -> int:
    """Levenshtein's."""
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, start=1):
        last, row[0] = row[0], i
        for j, other in enumerate(second, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (one != other))
    return row[-1]
