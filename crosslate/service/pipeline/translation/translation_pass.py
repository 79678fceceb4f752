"""A plan as a pass: what a translation model is asked for, and what is found fault with in its answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from crosslate.models.engine.request import FinishReason, GenerationParams
from crosslate.service.pipeline.degeneration.faults import Fault, is_copy, is_loop, length_fault
from crosslate.service.pipeline.degeneration.guard import second_params
from crosslate.service.pipeline.engines.catalog import Selection
from crosslate.service.pipeline.fidelity.numbers.lone_amounts import lone_amounts
from crosslate.service.pipeline.language.languages import are_close
from crosslate.service.pipeline.markup.rewrites import AS_SENT, Rewrites
from crosslate.service.pipeline.parts.full_stop import in_parentheses, with_full_stop
from crosslate.service.pipeline.parts.parentheses import as_said, without_added, without_parentheses
from crosslate.service.pipeline.parts.part import Part, PartOutput, Reader
from crosslate.service.pipeline.passes.joined import Gap
from crosslate.service.pipeline.passes.passes import Attempt, FurtherSearch, Pass
from crosslate.service.pipeline.sentences.captions import is_in_brackets
from crosslate.service.pipeline.sentences.joining import joint
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.translation.planning import TranslationPlan
from crosslate.service.pipeline.translation.survival import Survival
from crosslate.service.pipeline.wording.additions import (
    has_added_parenthesis,
    is_doubled,
    is_label,
    is_lecture,
)

_OF_LABELS = frozenset({Fault.TOO_LONG, Fault.DOUBLED, Fault.ADDED})
"""What few words lead to that stand alone."""
_BEAMS_FOR_ALTERNATIVES = 4
"""At least, in a search for alternatives alone: `transformers`' usual setting for translation."""


def translation_pass(plan: TranslationPlan, *, has_guard: bool) -> Pass:
    """What is asked for a plan; with a guard, degenerate outputs are tried a second time.

    How many alternatives are wanted never changes the best translation. They are taken from the same search
    where it has beams enough; else from a second one, after it.
    """
    reader, config, level = plan.reader, plan.selection.model.alignment, plan.request.alignment
    num_outputs = 1 if plan.onward is not None else plan.request.num_alternatives + 1
    params = _given_params(plan)
    further = _further_search(params, plan.selection.model.default_params, num_outputs)
    if num_outputs > 1 and further is None:
        params = dataclasses.replace(params, num_return_sequences=num_outputs)
    attention = None
    if plan.request.needs_links:
        attention = config.everything if level == "full" else config.selection
    guard = DegenerateTranslation(reader, plan.selection, plan.request.params)
    survival = Survival(reader)
    return Pass(
        engine=plan.selection.model.engine,
        reader=reader,
        attempts=[Attempt(part, params) for part in plan.parts],
        attention=attention,
        checks=(guard, survival) if has_guard else (survival,),
        further=further,
        has_glossary=plan.onward is None,
    )


def gap_of(plan: TranslationPlan) -> Gap:
    """What stands between the parts in the source, but for blanks between sentences (`joining`)."""
    text, parts, copied = plan.request.text, plan.parts, _rewrites(plan).copied

    def gap(number: int, written: str) -> str:
        start = parts[number - 1].place[1] if number > 0 else 0
        end = parts[number].place[0] if number < len(parts) else len(text)
        framed = _frames(parts, number)
        if not 0 < number < len(parts) or framed is not None:
            closing, opening = framed or ("", "")
            return closing + copied(text, start, end) + opening
        before, after = parts[number - 1].text, parts[number].text
        lang = plan.selection.target_lang
        return joint(copied(text, start, end), before=before, after=after, written=written, lang=lang)

    return gap


def _rewrites(plan: TranslationPlan) -> Rewrites:
    """What of the text is copied in other words."""
    request = plan.request
    if plan.is_kept:
        return AS_SENT
    if request.protect or request.protect_always or request.text_format in ("html", "xml"):
        return request.rewrites
    return lone_amounts(request.text, plan.selection.source_lang, plan.selection.target_lang)


def _frames(parts: Sequence[Part], number: int) -> tuple[str, str] | None:
    """What ends the part before, and begins this one; None where there is nothing of the kind."""
    before = parts[number - 1].frame if number > 0 else None
    after = parts[number].frame if number < len(parts) else None
    if before is None and after is None:
        return None
    return "" if before is None else before.after, "" if after is None else after.before


@dataclass(frozen=True, slots=True)
class DegenerateTranslation:
    """A loop, a copy, an absurd length, additions; what the request asked for (`given`) is none."""

    reader: Reader
    selection: Selection
    given: GenerationParams
    num_tries: ClassVar[int] = 2
    """With other decoding, or as a sentence; then without a parenthesis that stays."""

    def faults(self, output: PartOutput) -> Sequence[Fault]:
        """Of a translation, the gravest first."""
        part, ids, given = output.part, output.hypothesis.token_ids, self.given
        faults: list[Fault] = []
        if is_loop(ids, self.reader.tokenizer.decode, part.ids, part.text):
            faults.append(Fault.REPETITION)
        is_close = are_close(self.selection.source_lang, self.selection.target_lang)
        if not is_close and is_copy(part.text, output.decoded):
            faults.append(Fault.COPY)
        length = length_fault(len(part.ids), len(ids)) if output.decoded else Fault.TOO_SHORT
        is_cut = output.hypothesis.finish_reason is FinishReason.LENGTH
        if (length is Fault.TOO_LONG and given.min_new_tokens is None) or (
            length is Fault.TOO_SHORT and given.max_new_tokens is None and not is_cut
        ):
            faults.append(length)
        faults += self._additions(part.text, as_said(part, output.decoded), faults)
        is_copied = not is_close and Fault.COPY not in faults and (_is_copied_caption(output))
        return [*faults, Fault.COPY] if is_copied else faults

    def _additions(self, source: str, output: str, found: Sequence[Fault]) -> Iterator[Fault]:
        """What an output says that its source does not, but for what is found already."""
        if self.given.min_new_tokens is not None:
            return
        if is_lecture(source, output, self.selection.source_lang) and Fault.TOO_LONG not in found:
            yield Fault.TOO_LONG
        if Fault.REPETITION not in found and is_doubled(source, output, self.selection.target_lang):
            yield Fault.DOUBLED
        if has_added_parenthesis(source, output):
            yield Fault.ADDED

    def another(self, fault: Fault, attempt: Attempt, output: PartOutput) -> Attempt | None:
        """A label as a sentence, a parenthesis cut; any other part with one more parameter."""
        if fault in _OF_LABELS and is_label(attempt.part.text):
            return Attempt(with_full_stop(attempt.part, self.reader), attempt.params)
        if fault is Fault.ADDED and (cut := without_parentheses(attempt.part)) is not None:
            return Attempt(cut, attempt.params, is_cut=True)
        if fault is Fault.COPY and _is_copied_caption(output):
            part = in_parentheses(attempt.part, self.reader)
            return None if part is None else Attempt(part, attempt.params)
        params = second_params(fault, attempt.params, len(attempt.part.ids))
        return None if params is None else Attempt(attempt.part, params)


def _is_copied_caption(output: PartOutput) -> bool:
    """Whether what stands in brackets, and is no name to the vocabulary, stayed as it was: `[TOSSE]`."""
    part = output.part
    said = output.decoded if "(" in part.text else without_added(DerivedText.of(output.decoded)).text
    if part.treatment is None or said.casefold() != part.text.casefold():
        return False
    are_words = part.text.islower() or " " in part.text
    return are_words and is_in_brackets(part.treatment.sent, part.treatment.given.span)


def _further_search(
    params: GenerationParams, defaults: GenerationParams, num_outputs: int
) -> FurtherSearch | None:
    """For alternatives alone; None where there are none or the search itself has enough.

    A wider beam search, or independent samples. With a seed and without beams the first of the samples is
    the translation itself.
    """
    if num_outputs == 1:
        return None
    effective = params.over(defaults)
    if num_outputs <= (effective.num_beams or 1):
        return None
    num_beams = 1 if effective.do_sample else max(num_outputs, _BEAMS_FOR_ALTERNATIVES)
    asked = dataclasses.replace(params, num_return_sequences=num_outputs, num_beams=num_beams)
    return FurtherSearch(asked, num_outputs)


def _given_params(plan: TranslationPlan) -> GenerationParams:
    """The caller's over the pair's own, with the target language."""
    selection = plan.selection
    own = selection.model.pair_params.get((selection.source_lang, selection.target_lang))
    params = plan.request.params if own is None else plan.request.params.over(own)
    first_token = selection.model.tokenizer.forced_bos_token_id(selection.target_lang)
    if first_token is None:
        return params
    return dataclasses.replace(params, forced_bos_token_id=first_token)
