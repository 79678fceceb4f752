"""What the outputs of a request go by, however they are searched for."""

from __future__ import annotations

from dataclasses import dataclass

from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import GenerationParams, SentenceStop
from crosslate.models.engine.search.processors import LogitsProcessors, make_processors


@dataclass(frozen=True, slots=True)
class SearchRules:
    """Rules for the tokens, and where outputs end."""

    processors: LogitsProcessors
    limits: RunnerLimits
    max_new_tokens: int
    stop: SentenceStop | None

    @classmethod
    def of(
        cls,
        params: GenerationParams,
        source_ids: list[int],
        limits: RunnerLimits,
        stop: SentenceStop | None = None,
    ) -> SearchRules:
        """As the parameters say."""
        longest = min(params.max_new_tokens or limits.max_target_tokens, limits.max_target_tokens)
        return cls(make_processors(params, source_ids, limits, longest), limits, longest, stop)
