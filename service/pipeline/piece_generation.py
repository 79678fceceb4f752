"""Asking an engine for the translations of a plan's pieces."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from functools import partial

from models.engine.request import FinishReason, GenerationParams, GenerationRequest, Hypothesis
from service.pipeline.assembly import piece_text
from service.pipeline.degeneration import Fault, is_copy, is_loop, length_fault
from service.pipeline.engine_calls import EngineCalls
from service.pipeline.guard import Judge, Judged
from service.pipeline.guarded_calls import GuardedCalls
from service.pipeline.languages import are_close
from service.pipeline.planning import Piece, TranslationPlan

_BEAMS_FOR_ALTERNATIVES = 4
"""Beams when alternatives are wanted and nobody said how many: `transformers`' usual translation setting."""


class PieceGenerator:
    """The translations of the pieces of one plan; with a guard, degenerate ones are tried a second time."""

    def __init__(self, plan: TranslationPlan, calls: EngineCalls, *, has_guard: bool) -> None:
        self._plan = plan
        self._calls = GuardedCalls(calls, plan.selection.model.engine, has_guard=has_guard)

    async def generate(self, index: int) -> Judged:
        """The finished output of a piece."""
        request = generation_request(self._plan, self._plan.pieces[index])
        return await self._calls.generate(request, self._judge(index))

    def stream(self, index: int) -> AsyncIterator[list[int] | Judged]:
        """Token ids of a piece as they come, then the finished output."""
        request = generation_request(self._plan, self._plan.pieces[index])
        return self._calls.stream(request, self._judge(index))

    def _judge(self, index: int) -> Judge:
        return partial(piece_faults, self._plan, self._plan.pieces[index])


def piece_faults(plan: TranslationPlan, piece: Piece, hypothesis: Hypothesis) -> list[Fault]:
    """What is wrong with a translation, the gravest first; what the request asked for is not."""
    selection, params = plan.selection, plan.request.params
    tokenizer = selection.model.tokenizer
    text = piece_text(tokenizer, hypothesis.token_ids)
    faults: list[Fault] = []
    if is_loop(hypothesis.token_ids, tokenizer.decode, piece.source_ids, piece.text):
        faults.append(Fault.REPETITION)
    if not are_close(selection.source_lang, selection.target_lang) and is_copy(piece.text, text):
        faults.append(Fault.COPY)
    length = length_fault(len(piece.source_ids), len(hypothesis.token_ids))
    if not text:
        length = Fault.TOO_SHORT
    is_cut = hypothesis.finish_reason is FinishReason.LENGTH
    if (length is Fault.TOO_LONG and params.min_new_tokens is None) or (
        length is Fault.TOO_SHORT and params.max_new_tokens is None and not is_cut
    ):
        faults.append(length)
    return faults


def generation_request(plan: TranslationPlan, piece: Piece) -> GenerationRequest:
    """What the engine is asked for one piece."""
    config, level = plan.selection.model.alignment, plan.request.alignment
    attention = None
    if level != "none":
        attention = config.everything if level == "full" else config.selection
    return GenerationRequest(source_ids=piece.source_ids, params=_params(plan), attention=attention)


def _params(plan: TranslationPlan) -> GenerationParams:
    """The caller's parameters, with the target language and as many sequences as the alternatives need."""
    request, selection = plan.request, plan.selection
    params = request.params
    first_token = selection.model.tokenizer.forced_bos_token_id(selection.target_lang)
    if first_token is not None:
        params = dataclasses.replace(params, forced_bos_token_id=first_token)
    if request.num_alternatives == 0 or plan.onward is not None:
        return params
    wanted = request.num_alternatives + 1
    if params.do_sample:
        return dataclasses.replace(params, num_return_sequences=wanted)
    beams = max(params.num_beams or _BEAMS_FOR_ALTERNATIVES, wanted)
    return dataclasses.replace(params, num_return_sequences=wanted, num_beams=beams)
