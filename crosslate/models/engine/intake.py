"""From a request to a sequence: everything that can be refused is refused here, before it is queued."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from crosslate.models.engine.extraction import Extraction, check_extraction
from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import (
    AlignmentRequest,
    AttentionSelection,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.engine.search.chooser import MakeChooser, TokenChooser
from crosslate.models.engine.search.greedy_rules import GreedyRules, greedy_rules
from crosslate.models.engine.search.make_extracts import make_extract_search
from crosslate.models.engine.search.validation import validate_params
from crosslate.models.engine.sequence import Sequence
from crosslate.models.errors import InvalidParamsError, RequestTooLongError

_NUM_PLANS = 1024


@dataclass(frozen=True, slots=True)
class _Plan:
    """What follows from parameters alone."""

    params: GenerationParams
    """defaults applied"""
    max_new_tokens: int
    rules: GreedyRules | None
    """None where a chooser is needed"""


class Intake:
    """Validates requests and applies defaults. Any thread may use it."""

    def __init__(
        self,
        *,
        limits: RunnerLimits,
        default_params: GenerationParams,
        make_chooser: MakeChooser,
        clock: Callable[[], float],
    ) -> None:
        self.limits = limits
        self.default_params = default_params
        self.make_chooser = make_chooser
        self.clock = clock
        # Most requests ask for the same; what cannot be followed is not remembered.
        self._plan = lru_cache(_NUM_PLANS)(self._make_plan)

    def prepare(
        self,
        request: GenerationRequest | AlignmentRequest,
        *,
        deadline_s: float | None = None,
        stream: bool = False,
    ) -> Sequence:
        """A sequence that is ready to be queued.

        Raises:
            InvalidParamsError: parameters that contradict each other, or ids, layers or heads that the
                model does not have.
            RequestTooLongError: the source, or the given target, has more tokens than the model takes.
        """
        limits = self.limits
        self._check_ids("source", request.source_ids, limits.max_source_tokens, limits.source_vocab_size)
        if request.attention is not None:
            self._check_attention(request.attention)
        if isinstance(request, AlignmentRequest):
            self._check_target(request)
            return Sequence(request=request, arrival_s=self.clock(), num_lanes=0, deadline_s=deadline_s)
        plan = self._plan(request.params)
        chooser: TokenChooser | None = None
        num_lanes, rules = 1, plan.rules
        if request.extraction is not None:
            return self._extracting(request, request.extraction, plan, deadline_s=deadline_s)
        if request.drafts:
            self._check_drafts(request)
            return Sequence(request=request, arrival_s=self.clock(), num_lanes=0, deadline_s=deadline_s)
        if rules is None and (
            chooser := self.make_chooser(plan.params, request.source_ids, limits, request.stop)
        ):
            num_lanes = count_lanes(plan.params)
        return Sequence(
            request=request,
            arrival_s=self.clock(),
            params=plan.params,
            seed=draw_seed(plan.params),
            max_new_tokens=plan.max_new_tokens,
            num_lanes=num_lanes,
            chooser=chooser,
            rules=rules,
            stop=request.stop,
            # Beams are revised until the end, and several samples have no one order: only one lane streams.
            streams=stream and num_lanes == 1,
            deadline_s=deadline_s,
        )

    def _extracting(
        self,
        request: GenerationRequest,
        extraction: Extraction,
        plan: _Plan,
        *,
        deadline_s: float | None,
    ) -> Sequence:
        check_extraction(extraction, len(request.source_ids))
        validate_params(plan.params, self.limits)
        search = make_extract_search(
            extraction, plan.params, request.source_ids, self.limits, plan.max_new_tokens
        )
        return Sequence(
            request=request, arrival_s=self.clock(), num_lanes=0, extracts=search, deadline_s=deadline_s
        )

    def _make_plan(self, given: GenerationParams) -> _Plan:
        params = self._resolve(given)
        max_new_tokens = params.max_new_tokens or self.limits.max_target_tokens
        rules = greedy_rules(params, max_new_tokens, self.limits)
        if rules is not None:
            self.make_chooser(params, [], self.limits, None)  # refuses what contradicts itself
        return _Plan(params, max_new_tokens, rules)

    def _check_target(self, request: AlignmentRequest) -> None:
        limits, scale = self.limits, request.encoder_scale
        if scale is None:
            self._check_ids("target", request.target_ids, limits.max_target_tokens, limits.vocab_size)
            return
        if not 0 < scale < math.inf:
            raise InvalidParamsError(f"encoder_scale is {scale}: it must be above 0")
        self._check_ids("target", request.target_ids, limits.max_source_tokens, limits.source_vocab_size)

    def _check_drafts(self, request: GenerationRequest) -> None:
        if request.attention is not None:
            raise InvalidParamsError("drafts are read without attention: ask for that of the one you choose")
        for draft in request.drafts:
            self._check_ids("draft", list(draft), self.limits.max_target_tokens, self.limits.vocab_size)

    def _check_ids(self, part: str, ids: list[int], max_tokens: int, vocab_size: int) -> None:
        if not ids:
            raise InvalidParamsError(f"the {part} is empty: it needs its end token at least")
        if len(ids) > max_tokens:
            raise RequestTooLongError(len(ids), max_tokens, part)
        if min(ids) < 0 or max(ids) >= vocab_size:
            raise InvalidParamsError(
                f"the {part} has token ids outside 0..{vocab_size - 1}: it was tokenized for another model"
            )

    def _check_attention(self, selection: AttentionSelection) -> None:
        num_layers, num_heads = self.limits.num_layers, self.limits.num_heads
        layer, heads = selection.layer, selection.heads
        if layer is not None and not 0 <= layer < num_layers:
            raise InvalidParamsError(
                f"attention of layer {layer}: the decoder has layers 0 to {num_layers - 1}"
            )
        if heads is None:
            return
        if layer is None:
            raise InvalidParamsError(
                "attention heads need a layer; without one, all heads of all layers come"
            )
        if not heads or not all(0 <= head < num_heads for head in heads):
            raise InvalidParamsError(
                f"attention heads {list(heads)}: name one or more of 0 to {num_heads - 1}, or none for all"
            )

    def _resolve(self, given: GenerationParams) -> GenerationParams:
        """Defaults applied, and the length never beyond what the model can write."""
        params = given.over(self.default_params)
        longest = self.limits.max_target_tokens
        max_new_tokens = longest if params.max_new_tokens is None else min(params.max_new_tokens, longest)
        if max_new_tokens < 1:
            raise InvalidParamsError(f"max_new_tokens is {max_new_tokens}: it must be 1 or more")
        return dataclasses.replace(params, max_new_tokens=max_new_tokens)


def draw_seed(params: GenerationParams) -> int | None:
    """What a network that draws as it reads follows: the seed that tokens are drawn by, where they are."""
    if not params.do_sample:
        return None
    return random.SystemRandom().getrandbits(63) if params.seed is None else params.seed % 2**63


def count_lanes(params: GenerationParams) -> int:
    """Slots that these parameters take: beams, or independent samples."""
    num_beams = params.num_beams or 1
    if num_beams > 1:
        return num_beams
    return (params.num_return_sequences or 1) if params.do_sample else 1
