"""What is wrong with an output that no reader would take for one: loops, copies, absurd lengths.

Pure functions of a source and an output, whatever the task. The limits are wide: of the 1994 sentences of
FLORES-101 dev that the starter models translate in both directions, none is found fault with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from crosslate.service.pipeline.language.marks import WORD
from crosslate.service.pipeline.text.words import segment_words

MAX_PERIOD = 64
"""Longest cycle looked for: two sentences or so."""
MIN_REPEATS = 4
MIN_REPEATS_OF_PHRASE = 3
PHRASE_TOKENS = 4
"""From this length on a cycle is a phrase, which nobody says three times in a row."""
MIN_REPEATS_OF_SIGNS = 8
"""Cycles without letters: one trillion is `1.000.000.000.000`."""
REPEATS_GROWTH = 1.5
"""An output may repeat this many times more often than its source, and once more."""

MAX_LENGTH_RATIO, SPARE_TOKENS = 6.0, 20
"""Tokens of an output: at most so many for one of the source, and these besides. FLORES: at most 1.6; but
where tokens are bytes, some scripts take four times as many as English."""
MIN_LENGTH_RATIO, MIN_JUDGED_TOKENS = 0.15, 20
"""Fewer are too short where the source has at least so many. FLORES: at least 0.6."""

COPIED_SHARE = 0.9
MIN_COPIED_WORDS = 4
MIN_COPIED_UNMARKED = 8
"""Of words whose case does not tell them from names, and of characters where there are no blanks."""


class Fault(StrEnum):
    """What is wrong with an output, the gravest first."""

    REPETITION = "repetition"
    COPY = "copy"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    DOUBLED = "doubled"
    ADDED = "added"
    LOST = "lost"
    """A placeholder, an address, a name: missing, or there twice."""
    NUMBERS = "numbers"
    """Numbers that are not those of the source."""
    UNSUPPORTED = "unsupported"
    """Numbers, names or measures of a summary that the text does not have."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """Items `start` to `start + period`, `repeats` times in a row."""

    start: int
    period: int
    repeats: int


def cycles(items: Sequence[int]) -> Iterator[Cycle]:
    """For each period up to `MAX_PERIOD` the longest run, where it says the same at least three times."""
    # Whatever is said three times is made of items that are there three times.
    num_repeated = sum(count for count in Counter(items).values() if count >= MIN_REPEATS_OF_PHRASE)
    if not num_repeated:
        return
    values = np.asarray(items)
    for period in range(1, min(MAX_PERIOD, num_repeated // MIN_REPEATS_OF_PHRASE) + 1):
        is_same = values[:-period] == values[period:]
        least = (MIN_REPEATS_OF_PHRASE - 1) * period
        if np.count_nonzero(is_same) < least:
            continue
        # Runs lie between the places that differ from what stands a period later.
        edges = np.concatenate(([-1], np.flatnonzero(~is_same), [len(is_same)]))
        lengths = np.diff(edges) - 1
        longest = int(lengths.argmax())
        if lengths[longest] >= least:
            yield Cycle(int(edges[longest]) + 1, period, int(lengths[longest]) // period + 1)


def is_loop(
    output_ids: Sequence[int], decode: Callable[[list[int]], str], source_ids: Sequence[int], source: str
) -> bool:
    """Whether an output says the same again and again, more often than its source does.

    Args:
        output_ids: tokens of the output.
        decode: the text of some of them.
        source_ids: tokens of the source.
        source: its text.
    """
    most: dict[bool, int] = {}
    for cycle in cycles(output_ids):
        of_letters = _has_letter(decode(list(output_ids[cycle.start : cycle.start + cycle.period])))
        if cycle.repeats >= _least_repeats(cycle.period, of_letters):
            most[of_letters] = max(cycle.repeats, most.get(of_letters, 0))
    return any(
        repeats > 1 + REPEATS_GROWTH * _repeats(source_ids, source, of_letters)
        for of_letters, repeats in most.items()
    )


def is_copy(source: str, output: str) -> bool:
    """Whether an output has the words of its source, though there was enough to translate.

    Names, numbers, codes and addresses do not count: only words in lower case, or many of another kind.
    """
    first, second = set(source.casefold().split()), set(output.casefold().split())
    if 2 * len(first & second) < len(first):
        return False  # the usual case, told cheaply
    words, copies = _words(source), _words(output)
    shared = Counter(map(str.casefold, words)) & Counter(map(str.casefold, copies))
    if shared.total() < COPIED_SHARE * max(len(words), len(copies)):
        return False
    in_lower_case = {word for word in words if word.islower()}
    if in_lower_case:
        return len(in_lower_case) >= MIN_COPIED_WORDS
    return len({word for word in words if not word.istitle()}) >= MIN_COPIED_UNMARKED


def length_fault(num_source_tokens: int, num_output_tokens: int) -> Fault | None:
    """Whether an output is far too long or far too short for its source."""
    if num_output_tokens > MAX_LENGTH_RATIO * num_source_tokens + SPARE_TOKENS:
        return Fault.TOO_LONG
    if num_source_tokens >= MIN_JUDGED_TOKENS and num_output_tokens < MIN_LENGTH_RATIO * num_source_tokens:
        return Fault.TOO_SHORT
    return None


def _least_repeats(period: int, of_letters: bool) -> int:
    if not of_letters:
        return MIN_REPEATS_OF_SIGNS
    return MIN_REPEATS_OF_PHRASE if period >= PHRASE_TOKENS else MIN_REPEATS


def _repeats(source_ids: Sequence[int], source: str, of_letters: bool) -> int:
    """How often the source repeats anything of the kind, in tokens or in characters."""
    in_tokens = (cycle.repeats for cycle in cycles(source_ids))
    in_characters = (
        cycle.repeats
        for cycle in cycles([*map(ord, source)])
        if _has_letter(source[cycle.start : cycle.start + cycle.period]) == of_letters
    )
    return max(*in_tokens, *in_characters, 1, 1)


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def _words(text: str) -> list[str]:
    """Words of letters only: no numbers, codes, addresses."""
    words = (text[start:end] for start, end in segment_words(text))
    return [word for word in words if WORD.fullmatch(word, concurrent=False)]
