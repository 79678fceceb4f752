"""How much memory a step may still give away."""

from __future__ import annotations

from crosslate.models.engine.sequence import Sequence


class MemoryRoom:
    """Of a budget; whoever comes first, while nothing runs, gets as much as is needed."""

    def __init__(self, max_bytes: int | None, num_used: int, *, is_used: bool) -> None:
        """`max_bytes`: None where nobody counts; `is_used`: something runs."""
        self._max_bytes = max_bytes
        self._num_used = num_used
        self._is_used = is_used

    def has(self, sequence: Sequence) -> bool:
        """Whether there is enough for it."""
        if self._max_bytes is None or not self._is_used:
            return True
        return self._num_used + sequence.num_bytes <= self._max_bytes

    def take(self, sequence: Sequence) -> None:
        """It gets what it needs."""
        self._is_used = True
        self._num_used += sequence.num_bytes
