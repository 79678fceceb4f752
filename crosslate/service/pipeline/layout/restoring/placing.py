"""Layout into a translation: each gap at the place between two words that corresponds to its own.

A sentence that was wrapped is wrapped again, on as many lines; a fixed blank stands between the same figure
and unit. Order is kept, nothing is lost where there are words enough to stand between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from crosslate.models.language.graphemes import boundaries
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.text.origin import OriginMap
from crosslate.service.pipeline.text.passages import Gap

_BLANK = re.compile(r"(?<=\S) (?=\S)")
_NO_LINE_STARTS = "、。，．！？：；）」』】》〉”’)]}!?.,;:»"
_NO_LINE_ENDS = "（「『【《〈“‘([{«"
_SAME_WORD, _SAME_WORD_AT_LINE_END = 0.5, 0.05
"""What it is worth, in lengths of the text, that the same word stands before, or after, a gap.

A fixed blank belongs to the words around it; that lines are of even lengths matters more.
"""

Edit = tuple[Span, str]


def places_of(gaps: Sequence[Gap], origin: OriginMap) -> list[int]:
    """Where, in a text that was read, each gap was."""
    if not gaps:
        return []
    starts = np.array([gap.span[0] for gap in gaps], dtype=np.int32)
    found: list[int] = np.searchsorted(origin.starts[:-1], starts).tolist()
    return found


def gap_edits(
    text: str, gaps: Sequence[Gap], source: str, places: Sequence[int], fixed: Sequence[Span] = ()
) -> list[Edit]:
    """What to replace in a translation so that it has the gaps; each once, in order, none in `fixed`.

    Gaps that there is no place for, in a text of few words, stand at its end if they end a line.
    """
    if not gaps:
        return []
    found, is_spaced = _candidates(text, len(gaps))
    found = [at for at in found if not is_within(at, fixed)]
    num_placed = min(len(gaps), len(found))
    worth = [_SAME_WORD_AT_LINE_END if gap.is_line_end else _SAME_WORD for gap in gaps]
    wanted = list(zip(places, worth, strict=True))[:num_placed]
    chosen = _in_order(_costs(text, found, source, wanted)) if wanted else []
    edits: list[Edit] = []
    for gap, index in zip(gaps[:num_placed], chosen, strict=True):
        at = found[index]
        edits.append(((at, at + is_spaced), gap.text))
    rest = "".join(gap.text for gap in gaps[num_placed:] if gap.has_to_stay)
    return [*edits, ((len(text), len(text)), rest)] if rest else edits


def is_within(place: int, spans: Sequence[Span]) -> bool:
    """Whether a character is one of those in some spans."""
    return any(start <= place < end for start, end in spans)


def _candidates(text: str, wanted: int) -> tuple[list[int], int]:
    """Places in a text, and how many characters of it each takes.

    These are its blanks; where they are too few, and there are no letters with case, the borders between
    characters.
    """
    blanks = [match.start() for match in _BLANK.finditer(text)]
    if len(blanks) >= wanted or any(character.islower() or character.isupper() for character in text):
        return blanks, 1
    inner = boundaries(text)[1:-1]
    return [at for at in inner if text[at] not in _NO_LINE_STARTS and text[at - 1] not in _NO_LINE_ENDS], 0


def _costs(
    text: str, candidates: Sequence[int], source: str, wanted: Sequence[tuple[int, float]]
) -> npt.NDArray[np.float64]:
    """`(gaps, candidates)`: how far each candidate is from where the gap should be.

    Of each gap its place in the source, and what it is worth that the same word stands beside it.
    """
    places = np.array([place for place, _ in wanted]) / max(len(source), 1)
    given = np.array(candidates) / max(len(text), 1)
    costs: npt.NDArray[np.float64] = np.abs(places[:, None] - given[None, :])
    around = [_neighbours(text, at) for at in candidates]
    for row, (place, worth) in enumerate(wanted):
        before, after = _neighbours(source, place)
        costs[row] -= [worth * ((b == before) + (a == after)) for b, a in around]
    return costs


def _neighbours(text: str, place: int) -> tuple[str, str]:
    """The words before and after a place."""
    before = text[:place].rstrip().rpartition(" ")[2]
    after = text[place:].lstrip().partition(" ")[0]
    return before.casefold(), after.casefold()


def _in_order(costs: npt.NDArray[np.float64]) -> list[int]:
    """For each row a column, each further right than the one before: those that cost least together."""
    num_rows, num_columns = costs.shape
    best_before = np.zeros((num_rows, num_columns), dtype=np.int32)
    total = costs[0].copy()
    for row in range(1, num_rows):
        # The best column up to each one, for the row before.
        least = np.minimum.accumulate(total)
        is_new = np.append(True, total[1:] < least[:-1])
        up_to = np.maximum.accumulate(np.where(is_new, np.arange(num_columns), 0)).astype(np.int32)
        best_before[row, 1:] = up_to[:-1]
        total = np.append(np.inf, least[:-1]) + costs[row]
    chosen = [int(total.argmin())]
    for row in range(num_rows - 1, 0, -1):
        chosen.append(int(best_before[row, chosen[-1]]))
    return chosen[::-1]
