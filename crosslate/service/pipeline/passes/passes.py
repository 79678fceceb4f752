"""One model's reading of one document: its parts are asked for side by side, and judged as they come.

A translation is one pass, one through a third language two, a summary of a long text several.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Protocol

from crosslate.models.engine.extraction import Extraction
from crosslate.models.engine.request import (
    AttentionSelection,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
    Hypothesis,
    SentenceStop,
)
from crosslate.models.tokenizers.tokenizer import IncrementalDetokenizer
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.degeneration.faults import Fault
from crosslate.service.pipeline.degeneration.guard import MAX_SCORE_LOSS, Outcome, Verdict
from crosslate.service.pipeline.engines.engine_calls import EngineCalls, MakeRequest
from crosslate.service.pipeline.engines.served_model import EngineClient
from crosslate.service.pipeline.parts.part import Part, PartOutput, Reader
from crosslate.service.pipeline.passes.enforcement import Enforcement
from crosslate.service.pipeline.wording.beginnings import StreamedBeginning

Say = Callable[[str | PartOutput], None]
"""Takes what is certain of a part's text."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a model is asked for: a part, as it was prepared, and how to decode."""

    part: Part
    params: GenerationParams
    extraction: Extraction | None = None
    """What the output may be made of; None: it is written freely."""
    stop: SentenceStop | None = None
    """Where the output ends with its sentence."""
    is_cut: bool = False
    """Whether it is an earlier one of whose output something is to be left out."""


@dataclass(frozen=True, slots=True)
class _Tried:
    attempt: Attempt
    output: PartOutput
    faults: Sequence[Sequence[Fault]]
    """What each check found."""

    @property
    def num_faults(self) -> int:
        return sum(map(len, self.faults))


class Check(Protocol):
    """Finds fault with outputs, and says what to try against that."""

    num_tries: ClassVar[int]
    """How often to try again at most."""

    def faults(self, output: PartOutput) -> Sequence[Fault]:
        """Of an output, the gravest first."""
        ...

    def another(self, fault: Fault, attempt: Attempt, output: PartOutput) -> Attempt | None:
        """What to try after an attempt, and its output, at fault; None where there is nothing to change."""
        ...


@dataclass(frozen=True, slots=True)
class FurtherSearch:
    """A search for other outputs than the best, after its own: what is found never changes the best one."""

    params: GenerationParams
    num_outputs: int
    """The best one included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one model is asked for one document.

    Args:
        engine: the model's.
        reader: how it reads the document's parts.
        attempts: the first at each part, in the order of the document.
        attention: what is wanted of it for each part.
        checks: made one after the other of each output. What has been streamed cannot be taken back: only
            outputs that come whole are tried again.
        further: how other outputs are looked for, where the search itself does not find enough.
        has_glossary: put into each output, at last, the terms of its part that it lacks.
    """

    engine: EngineClient
    reader: Reader
    attempts: Sequence[Attempt]
    attention: AttentionSelection | None = None
    checks: tuple[Check, ...] = ()
    further: FurtherSearch | None = None
    has_glossary: bool = False

    async def run(
        self, calls: EngineCalls, *, streams: bool
    ) -> AsyncGenerator[tuple[int, str | PartOutput | Exception], None]:
        """What comes of the parts, as it comes, each with the part's number.

        That is text as it becomes certain (if `streams`, and where the model writes it so), at last the
        output or a failure. A part whose output is to be restored comes whole.
        """
        if len(self.attempts) == 1 and not streams:
            yield 0, await self._alone(calls)
            return

        def part(attempt: Attempt, say: Say) -> Awaitable[str | PartOutput]:
            return self._part(attempt, calls, say if streams else None)

        async with aclosing(calls.merged(partial(part, attempt) for attempt in self.attempts)) as events:
            async for event in events:
                yield event

    async def run_whole(
        self, calls: EngineCalls, take: Callable[[int, str | PartOutput | Exception], None]
    ) -> None:
        """As `run` without streaming, each item given to `take`."""
        if len(self.attempts) == 1:
            take(0, await self._alone(calls))
            return
        async with aclosing(self.run(calls, streams=False)) as items:
            async for number, item in items:
                take(number, item)

    async def _alone(self, calls: EngineCalls) -> PartOutput:
        """Of the only part, as most requests have one: nothing runs beside it."""
        async with calls.place():
            return await self._part(self.attempts[0], calls, None)

    async def _part(self, attempt: Attempt, calls: EngineCalls, say: Say | None) -> PartOutput:
        is_said = False
        if say is None or attempt.part.comes_whole or attempt.extraction is not None:
            output = await calls.generate(self.engine, self._request(attempt))
        else:
            output, is_said = await self._streamed(attempt, calls, say)
        first = self._read(attempt.part, output)
        judged = await self._judged(attempt, first, calls, is_final=is_said)
        whole = await self._with_others(judged, calls)
        if not (self.has_glossary and whole.part.terms):
            return whole
        return await Enforcement(self.reader, self.engine, calls).with_terms(whole)

    async def _streamed(
        self, attempt: Attempt, calls: EngineCalls, say: Say
    ) -> tuple[GenerationOutput, bool]:
        """The output, and whether any of its text was said before it was whole."""
        detokenizer = IncrementalDetokenizer(self.reader.tokenizer)
        reader = self.reader
        beginning = StreamedBeginning(
            attempt.part.beginning, reader.target_lang or "", reader.num_target_tokens
        )
        is_said = False
        async with aclosing(calls.stream(self.engine, self._request(attempt))) as items:
            async for item in items:
                if isinstance(item, GenerationOutput):
                    return item, is_said
                new = detokenizer.feed(item)
                if new := (new if is_said else beginning.feed(new)):
                    is_said = True
                    say(new)
        raise RuntimeError("the engine's stream ended without an output")

    async def _judged(
        self, attempt: Attempt, output: PartOutput, calls: EngineCalls, *, is_final: bool
    ) -> PartOutput:
        """The output to give, with the verdicts on it; a second try never fails a request."""
        verdicts: list[Verdict] = []
        best = _Tried(attempt, output, self._faults(output))
        for number, check in enumerate(self.checks):
            if not best.faults[number]:
                continue
            gravest = best.faults[number][0]
            outcome: Outcome = "warned"
            if not is_final:
                best, outcome = await self._mended(number, check, best, calls)
            verdicts.append(Verdict(gravest, outcome, is_mended=not best.faults[number]))
        return dataclasses.replace(best.output, verdicts=tuple(verdicts)) if verdicts else best.output

    async def _mended(
        self, number: int, check: Check, first: _Tried, calls: EngineCalls
    ) -> tuple[_Tried, Outcome]:
        """The best of the first try and of those that a check asks for."""
        best = last = first
        outcome: Outcome = "warned"
        for _ in range(check.num_tries):
            faults = last.faults[number]
            again = check.another(faults[0], last.attempt, last.output) if faults else None
            if again is None:
                break
            outcome = "kept"
            output = await self._tried(again, calls)
            if output is None:
                break
            last = _Tried(again, output, self._faults(output))
            if last.num_faults < best.num_faults and _is_believed(last, best):
                best = last
        return best, outcome if best is first else "replaced"

    def _faults(self, output: PartOutput) -> list[Sequence[Fault]]:
        """What each check finds."""
        return [check.faults(output) for check in self.checks]

    async def _tried(self, attempt: Attempt, calls: EngineCalls) -> PartOutput | None:
        """None where no time is left, or no token is possible under its parameters."""
        try:
            output = await calls.generate(self.engine, self._request(attempt))
        except ServiceError:
            return None
        return self._read(attempt.part, output)

    async def _with_others(self, output: PartOutput, calls: EngineCalls) -> PartOutput:
        """The output with those of a second search, where its own has not enough."""
        if self.further is None:
            return output
        part = output.part
        attention = self._attention_of(part) if part.needs_links else None
        request = partial(
            GenerationRequest, source_ids=part.ids, params=self.further.params, attention=attention
        )
        try:
            found = await calls.generate(self.engine, request)
        except ServiceError as error:
            raise _about_alternatives(error, self.further.num_outputs - 1) from None
        by_tokens: dict[tuple[int, ...], Hypothesis] = {}
        for hypothesis in (output.hypothesis, *found.hypotheses):  # samples may be equal
            by_tokens.setdefault(tuple(hypothesis.token_ids), hypothesis)
        _, *others = list(by_tokens.values())[: self.further.num_outputs]
        return dataclasses.replace(output, others=self._outputs(output.part, others))

    def _request(self, attempt: Attempt) -> MakeRequest[GenerationRequest]:
        return partial(
            GenerationRequest,
            source_ids=attempt.part.ids,
            params=attempt.params,
            attention=self._attention_of(attempt.part),
            extraction=attempt.extraction,
            stop=attempt.stop,
        )

    def _attention_of(self, part: Part) -> AttentionSelection | None:
        """What is wanted of it, be it for the answer or to put a part's layout back."""
        if self.attention is None and part.needs_links and self.reader.alignment is not None:
            return self.reader.alignment.selection
        return self.attention

    def _read(self, part: Part, output: GenerationOutput) -> PartOutput:
        best, *others = output.hypotheses
        read = self.reader.output(part, best)
        return dataclasses.replace(read, others=self._outputs(part, others)) if others else read

    def _outputs(self, part: Part, hypotheses: Sequence[Hypothesis]) -> tuple[PartOutput, ...]:
        return tuple(self.reader.output(part, hypothesis) for hypothesis in hypotheses)


def _is_believed(second: _Tried, first: _Tried) -> bool:
    """Whether the model believes an output; scores for what was prepared in other ways cannot be compared."""
    loss = first.output.hypothesis.score - second.output.hypothesis.score
    is_other = second.attempt.part.treatment is not first.attempt.part.treatment
    return is_other or second.attempt.is_cut or loss <= MAX_SCORE_LOSS


def _about_alternatives(error: ServiceError, num_alternatives: int) -> ServiceError:
    """A refusal in terms of what was asked for: nobody need have sent the parameters of the second search."""
    if error.code != "invalid_parameters":
        return error
    detail = f"num_alternatives is {num_alternatives}, which needs a search of its own: {error.detail}"
    return ServiceError(error.code, detail)
