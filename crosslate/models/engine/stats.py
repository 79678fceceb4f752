"""What an engine is doing, as plain data. Exporters are elsewhere."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from crosslate.models.engine.request import FinishReason

ENCODER_BATCH_BOUNDS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
"""Upper bounds of the sizes, in tokens, by which encoder batches are counted."""
_HALF_LIFE_S = 10.0
_MIN_RETRY_S = 1.0
_MAX_RETRY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStats:
    """A snapshot. Totals count since the engine was made; a source or output token counts once."""

    num_running: int
    num_waiting: int
    num_used_slots: int
    max_slots: int
    batch_size: int
    """Lanes that the last step decoded."""
    num_steps: int
    num_prompt_tokens: int
    """Source tokens encoded, without padding."""
    num_padded_tokens: int
    """Source tokens encoded, with padding."""
    encoder_batches: Sequence[int]
    """Encoder batches by size: how many for each of `ENCODER_BATCH_BOUNDS`, and how many larger ones."""
    num_generation_tokens: int
    """Tokens of all hypotheses returned."""
    num_finished: Mapping[FinishReason, int]
    num_expired: int
    """Of those that finished with `abort`: past their deadline, not cancelled before it."""
    num_engines: int = 1
    num_healthy: int = 1
    """Of the engines: those that step."""

    @classmethod
    def total(cls, parts: Sequence[EngineStats]) -> EngineStats:
        """The sums over several engines."""
        several = ("encoder_batches", "num_finished")
        names = [f.name for f in fields(cls) if f.name not in several]
        return cls(
            encoder_batches=[*map(sum, zip(*(part.encoder_batches for part in parts), strict=True))],
            num_finished={
                reason: sum(part.num_finished[reason] for part in parts) for reason in parts[0].num_finished
            },
            **{name: sum(getattr(part, name) for part in parts) for name in names},
        )

    def emptied(self) -> EngineStats:
        """With the same totals, and nothing that runs or waits."""
        return replace(self, num_running=0, num_waiting=0, num_used_slots=0, batch_size=0)

    @property
    def num_cancelled(self) -> int:
        """Ended because nobody waited for them any more."""
        return self.num_finished.get(FinishReason.ABORT, 0) - self.num_expired

    @property
    def padding_ratio(self) -> float:
        """Share of the encoder's work that was padding, 0 to 1."""
        if self.num_padded_tokens == 0:
            return 0.0
        return 1.0 - self.num_prompt_tokens / self.num_padded_tokens


@dataclass(slots=True)
class CompletionRate:
    """How many sequences finish per second of work, with a half-life of ten seconds of work."""

    num_finished: float = 0.0
    busy_s: float = 0.0

    def record(self, num_finished: int, busy_s: float) -> None:
        """One step, which took `busy_s`."""
        decay = 0.5 ** (busy_s / _HALF_LIFE_S)
        self.num_finished = self.num_finished * decay + num_finished
        self.busy_s = self.busy_s * decay + busy_s

    def retry_after_s(self, num_waiting: int) -> float:
        """When a queue of `num_waiting` will have been worked off: 1 to 60 s; 1 s while nothing is known."""
        num_finished, busy_s = self.num_finished, self.busy_s
        if busy_s == 0.0:
            return _MIN_RETRY_S
        if num_finished == 0.0:
            return _MAX_RETRY_S
        return min(max(num_waiting * busy_s / num_finished, _MIN_RETRY_S), _MAX_RETRY_S)


@dataclass(slots=True)
class EngineCounters:
    """The engine's own running totals behind `EngineStats`."""

    batch_size: int = 0
    num_steps: int = 0
    num_prompt_tokens: int = 0
    num_padded_tokens: int = 0
    encoder_batches: list[int] = field(default_factory=lambda: [0] * (len(ENCODER_BATCH_BOUNDS) + 1))
    num_generation_tokens: int = 0
    num_expired: int = 0
    num_finished: dict[FinishReason, int] = field(default_factory=lambda: dict.fromkeys(FinishReason, 0))

    @property
    def total_finished(self) -> int:
        """Terminal events so far."""
        return sum(self.num_finished.values())

    def count_encoded(self, num_prompt_tokens: int, num_padded_tokens: int) -> None:
        """One encoder batch, without and with its padding."""
        self.num_prompt_tokens += num_prompt_tokens
        self.num_padded_tokens += num_padded_tokens
        self.encoder_batches[bisect_left(ENCODER_BATCH_BOUNDS, num_padded_tokens)] += 1

    def count_finished(self, reason: FinishReason, num_generation_tokens: int) -> None:
        """One terminal event."""
        self.num_finished[reason] += 1
        self.num_generation_tokens += num_generation_tokens
