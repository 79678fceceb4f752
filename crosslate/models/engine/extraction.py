"""What an extract may hold: passages of the source, token ranges with what speaks for each. Without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from crosslate.models.errors import InvalidParamsError

TokenRange = tuple[int, int]
"""Half open, of places in the source's ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A run of the source's tokens that an extract holds whole, or not at all."""

    start: int
    end: int
    prior: float = 0.0
    """What speaks for it besides the model, in the units of `SalienceWeights`."""
    lead: int = 0
    """So many tokens at its beginning refer to the passage before; without that one they are left out."""
    optional: tuple[TokenRange, ...] = ()
    """Tokens within it that may be left out; they are where the model finds them less likely than
    the rest, token by token."""
    omitted: tuple[TokenRange, ...] = ()
    """Tokens within it that no extract holds."""
    group: int = 0
    """Passages of a group are about one thing, see `SalienceWeights.same_group`."""
    key: int | None = None
    """Of passages with the same key, which say the same, an extract holds at most one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalienceWeights:
    """What a passage's salience is made of, besides its prior.

    The worth of an extract is the sum over its passages; the search looks for the most.
    """

    centrality: float = 0.0
    """Times how central the encoder's states find a passage, in standard deviations within the source."""
    probability: float = 0.0
    """Times the mean log-probability, in nats, of the passage's tokens, were it the first of the output."""
    redundancy: float = 0.0
    """Lost for each pair of passages, times the cosine of their encoder states, where that is above 0."""
    same_group: float = 0.0
    """Lost for each pair of passages of one group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """Do not write freely: take `count` passages of the source, in its order, each once.

    Fewer only where no other fits into `max_new_tokens`, more only where `min_new_tokens` asks for them.
    """

    passages: tuple[Passage, ...]
    """In order, apart from each other; at least one."""
    count: int = 1
    weights: SalienceWeights = SalienceWeights()


def check_extraction(extraction: Extraction, num_source_tokens: int) -> None:
    """Raises `InvalidParamsError`, which names every fault, where an extraction does not fit its source."""
    faults = list(_faults(extraction, num_source_tokens))
    if faults:
        raise InvalidParamsError("; ".join(faults))


def _faults(extraction: Extraction, num_source_tokens: int) -> Iterator[str]:
    if extraction.count < 1:
        yield f"an extract's count must be at least 1, not {extraction.count}"
    if not extraction.passages:
        yield "an extraction has no passages: it needs one at least"
    bounds = [(passage.start, passage.end) for passage in extraction.passages]
    if not _are_apart(bounds, 0, num_source_tokens):
        yield f"an extraction's passages are not in order within the source's {num_source_tokens} tokens"
    for number, passage in enumerate(extraction.passages):
        if not 0 <= passage.lead < passage.end - passage.start:
            yield f"passage {number} has a lead of {passage.lead} tokens, which leaves nothing of it"
            continue
        for name, ranges in (("optional", passage.optional), ("omitted", passage.omitted)):
            if not _are_apart(ranges, passage.start + passage.lead + 1, passage.end - 1):
                fault = f"{name} tokens that are not in order within it, its ends left alone"
                yield f"passage {number} has {fault}"


def _are_apart(ranges: Sequence[TokenRange], first: int, last: int) -> bool:
    """Whether they are in order, none empty, from `first` to `last`."""
    places = [first, *(place for bounds in ranges for place in bounds), last]
    is_ordered = all(a <= b for a, b in pairwise(places))
    return is_ordered and all(start < end for start, end in ranges)
