"""Asking an engine for the translations of a plan's pieces."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from functools import partial

from models.engine.request import FinishReason, GenerationParams, GenerationRequest, Hypothesis
from service.errors import ServiceError
from service.pipeline.assembly import piece_text
from service.pipeline.degeneration import Fault, is_copy, is_loop, length_fault
from service.pipeline.engine_calls import EngineCalls
from service.pipeline.guard import Judge, Judged
from service.pipeline.guarded_calls import GuardedCalls
from service.pipeline.languages import are_close
from service.pipeline.planning import Piece, TranslationPlan
from service.streams import closing

_BEAMS_FOR_ALTERNATIVES = 4
"""At least, in a search for alternatives alone: `transformers`' usual setting for translation."""


class PieceGenerator:
    """The translations of the pieces of one plan; with a guard, degenerate ones are tried a second time.

    How many alternatives are wanted never changes the best translation. They are taken from the same search
    where it has beams enough; else from a second one, after it.
    """

    def __init__(self, plan: TranslationPlan, calls: EngineCalls, *, has_guard: bool) -> None:
        self._plan = plan
        self._unguarded = calls
        self._calls = GuardedCalls(calls, plan.selection.model.engine, has_guard=has_guard)

    async def generate(self, index: int) -> Judged:
        """The finished output of a piece."""
        request = generation_request(self._plan, self._plan.pieces[index])
        judged = await self._calls.generate(request, self._judge(index))
        return await self._with_alternatives(request, judged)

    async def stream(self, index: int) -> AsyncIterator[list[int] | Judged]:
        """Token ids of a piece as they come, then the finished output."""
        request = generation_request(self._plan, self._plan.pieces[index])
        calls = self._calls.stream(request, self._judge(index))
        async with closing(calls) as items:
            async for item in items:
                yield await self._with_alternatives(request, item) if isinstance(item, Judged) else item

    async def _with_alternatives(self, request: GenerationRequest, judged: Judged) -> Judged:
        """The output with the hypotheses of a second search after its own, where its own are too few."""
        params = alternative_params(self._plan)
        if params is None:
            return judged
        further = dataclasses.replace(request, params=params, attention=None)
        engine = self._plan.selection.model.engine
        try:
            found = await self._unguarded.generate(engine, further)
        except ServiceError as error:
            raise _about_alternatives(error, self._plan.request.num_alternatives) from None
        by_tokens: dict[tuple[int, ...], Hypothesis] = {}
        for hypothesis in (judged.output.hypotheses[0], *found.hypotheses):  # samples may be equal
            by_tokens.setdefault(tuple(hypothesis.token_ids), hypothesis)
        hypotheses = tuple(by_tokens.values())[: _num_outputs(self._plan)]
        return dataclasses.replace(judged, output=dataclasses.replace(judged.output, hypotheses=hypotheses))

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


def _about_alternatives(error: ServiceError, num_alternatives: int) -> ServiceError:
    """A refusal in terms of what was asked for: nobody need have sent the parameters of the second search."""
    if error.code != "invalid_parameters":
        return error
    detail = f"num_alternatives is {num_alternatives}, which needs a search of its own: {error.detail}"
    return ServiceError(error.status, error.code, error.title, detail)


def _params(plan: TranslationPlan) -> GenerationParams:
    """For the translation: with the alternatives, where its own search can give them."""
    params, num_outputs = _given_params(plan), _num_outputs(plan)
    if num_outputs == 1 or alternative_params(plan) is not None:
        return params
    return dataclasses.replace(params, num_return_sequences=num_outputs)


def alternative_params(plan: TranslationPlan) -> GenerationParams | None:
    """For a search of the alternatives alone; None where there are none or the search itself has enough.

    A wider beam search, or independent samples. With a seed and without beams the first of the samples is
    the translation itself.
    """
    params, num_outputs = _given_params(plan), _num_outputs(plan)
    effective = params.over(plan.selection.model.default_params)
    if num_outputs <= (effective.num_beams or 1):
        return None
    num_beams = 1 if effective.do_sample else max(num_outputs, _BEAMS_FOR_ALTERNATIVES)
    return dataclasses.replace(params, num_return_sequences=num_outputs, num_beams=num_beams)


def _given_params(plan: TranslationPlan) -> GenerationParams:
    """The caller's over the pair's own, with the target language."""
    selection = plan.selection
    own = selection.model.pair_params.get((selection.source_lang, selection.target_lang))
    params = plan.request.params if own is None else plan.request.params.over(own)
    first_token = selection.model.tokenizer.forced_bos_token_id(selection.target_lang)
    if first_token is None:
        return params
    return dataclasses.replace(params, forced_bos_token_id=first_token)


def _num_outputs(plan: TranslationPlan) -> int:
    """With the alternatives; a text that goes on through a second model has none yet."""
    return 1 if plan.onward is not None else plan.request.num_alternatives + 1
