"""What counts otherwise in texts of thousands of words, the more the longer the text is.

The point of a short story is near its end, and an abstract ends with what was found; of a long text any part
may matter, and a summary has to name who and what it is about.

Shapes: N units.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from crosslate.service.pipeline.summarization.extraction.units import Unit

_FIRST_WORDS, _WHOLLY_WORDS = 700, 4000
"""Up to the first a text is not long at all, from the second on it is wholly."""
_PLACES = ("relative", "middle", "story_first", "story_last", "story_length", "story_relative")
"""What says less and less."""
_OTHERWISE = ("lex_rank", "longer", "shared_share")
"""What may say more or less."""
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+(?:[A-Z][a-z]+)?")


def with_length(units: Sequence[Unit], found: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """The features `found`, as they count in a text of that length, and those that only long texts have."""
    share = _longness(sum(len(unit.words) for unit in units))
    others = {name: found[name] for name in _OTHERWISE} | {"cast": _cast(units)}
    return {
        **found,
        **{name: [(1 - share) * value for value in found[name]] for name in _PLACES},
        **{f"long_{name}": [share * value for value in values] for name, values in others.items()},
    }


def _longness(num_words: int) -> float:
    """0 to 1, by the logarithm."""
    share = math.log(max(num_words, 1) / _FIRST_WORDS) / math.log(_WHOLLY_WORDS / _FIRST_WORDS)
    return min(max(share, 0.0), 1.0)


def _cast(units: Sequence[Unit]) -> list[float]:
    """How much each unit names of who and what comes again and again, 0 to 1."""
    names = [set(_NAME.findall(unit.text)) for unit in units]
    held = Counter(name for found in names for name in found)
    most = max(held.values(), default=1)
    return [min(sum(held[name] / most for name in found if held[name] > 1), 1.0) for found in names]
