"""Hard links: for each target word one source word or none, read off a word map. Numpy only.

A map's row is taken as the distribution of the source word that its target word comes from. Under it the
links of both kinds have the largest expected number of right ones: `free` among all ways to give each target
word at most one source word, `monotone` among those that never go back in the source. (Alignment by monotone
paths: Vogel et al. 1996; by the expected number of right links: Liang et al. 2006.)
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from crosslate.models.alignment.alignment import WordLink
from crosslate.models.arrays import FloatArray

HardLinks = Literal["free", "monotone"]
LEAST_SHARE = 1e-5
"""A word with less on its source word has no link."""


def hard_links(words: FloatArray, kind: HardLinks) -> list[WordLink]:
    """At most one link for each target word of the map `(Tw, Sw)`, in their order; its score is its weight.

    Args:
        words: weights from 0; a row that has next to none anywhere gives no link.
        kind: `free`: the largest of each row, of equal ones the first. `monotone`: sources that never
            decrease, with the largest sum of weights.
    """
    if words.size == 0:
        return []
    sources = words.argmax(axis=1) if kind == "free" else _best_path(words)
    weights = words[np.arange(len(words)), sources]
    return [
        WordLink(source=int(sources[target]), target=int(target), score=min(float(weights[target]), 1.0))
        for target in np.flatnonzero(weights >= LEAST_SHARE)
    ]


def _best_path(words: FloatArray) -> npt.NDArray[np.intp]:
    """Columns that never decrease from row to row, `(Tw,)`, with the largest sum."""
    best = words.astype(np.float64)
    for row in range(1, len(best)):
        # What the rows before come to at most, if none of them is right of here.
        best[row] += np.maximum.accumulate(best[row - 1])
    path = np.empty(len(best), dtype=np.intp)
    last = best.shape[1]
    for row in reversed(range(len(best))):
        path[row] = best[row, :last].argmax()
        last = path[row] + 1
    return path
