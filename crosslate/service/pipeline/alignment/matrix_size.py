"""How large the alignment matrices of one HTTP request may be together: asked before any of them is made."""

from __future__ import annotations

import math
from collections.abc import Sequence

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.alignment.token_maps import PartMap
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.types import AlignmentLevel

WITH_MATRIX = frozenset({"matrix", "full"})
"""The levels whose answers have one."""


class MatrixBudget:
    """What is left of the values that one HTTP request may ask for."""

    def __init__(self, max_values: int) -> None:
        self.max_values = max_values
        self._num_taken = 0

    def foresee(self, num_values: int) -> None:
        """Pass if so many values in all, by an estimate, will not be too many.

        Raises:
            ServiceError: 413 `alignment_too_large`.
        """
        if num_values > self.max_values:
            raise self._too_large(f"about {num_values}")

    def take(self, num_values: int) -> None:
        """Set these values, which are now known to come, against the budget; raises as `foresee` does."""
        self._num_taken += num_values
        if self._num_taken > self.max_values:
            raise self._too_large(f"{self._num_taken} or more")

    def _too_large(self, number: str) -> ServiceError:
        return ServiceError(
            "alignment_too_large",
            f"The alignment matrices of this request have {number} values together, at most "
            f"{self.max_values} are sent (limits.max_alignment_values). Send less text at a time, or ask "
            'for alignment "links".',
        )


def num_maps(level: AlignmentLevel, model: ServedModel) -> int:
    """Maps that an answer of this level has one above the other."""
    return model.num_layers * model.num_heads if level == "full" else 1


def num_values(parts: Sequence[PartMap]) -> int:
    """Values of the one matrix over all these parts, what is zero between them included."""
    if not parts:
        return 0
    maps: int = math.prod(parts[0].attention.shape[:-2])
    num_rows: int = sum(part.attention.shape[-2] for part in parts)
    num_columns: int = sum(part.attention.shape[-1] for part in parts)
    return maps * num_rows * num_columns
