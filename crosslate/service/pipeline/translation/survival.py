"""Whether what must survive a part's translation did, and how the part is tried again where it did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.degeneration.faults import Fault
from crosslate.service.pipeline.fidelity.numbers.number_difference import difference
from crosslate.service.pipeline.fidelity.protected.spans import Kind
from crosslate.service.pipeline.fidelity.signs.item_marks import lost_codes, lost_items
from crosslate.service.pipeline.fidelity.stand_ins.masking import Folded
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.losses import Faults, faults_of, other_numbers
from crosslate.service.pipeline.parts.part import PartOutput, Reader
from crosslate.service.pipeline.parts.prepared_part import prepared_part
from crosslate.service.pipeline.passes.passes import Attempt
from crosslate.service.pipeline.text.bare_sentences import is_bare

_NAMES = {
    Kind.PLACEHOLDER: "placeholder",
    Kind.MASK: "placeholder",
    Kind.TAG: "tag",
    Kind.ADDRESS: "address or code",
    Kind.CODE: "code",
    Kind.EMOJI: "emoji",
    Kind.SIGN: "sign or amount",
    Kind.WORD: "word",
    Kind.NUMBER: "number",
    Kind.ORDINAL: "placeholder",
    Kind.PATTERN: "protected text",
}

_REASONS = frozenset({Fault.LOST, Fault.NUMBERS})


@dataclass(frozen=True, slots=True)
class Survival:
    """Stand-ins, names and numbers of the source, each once in the output."""

    reader: Reader

    num_tries: ClassVar[int] = 3
    """With other stand-ins, for more of the part; then twice by links, where some did not survive."""

    def faults(self, output: PartOutput) -> Sequence[Fault]:
        """One for each thing that is lost, doubled or different."""
        found = losses(output)
        if found is None:
            return []
        lost = [Fault.LOST] * found.num_lost
        return [*lost, *[Fault.NUMBERS] * (found.num - len(lost))]

    def another(self, fault: Fault, attempt: Attempt, output: PartOutput) -> Attempt | None:
        """The part prepared in another way; None where there is no other."""
        found, treatment = losses(output), attempt.part.treatment
        if found is None or treatment is None or (again := treatment.again(found)) is None:
            return None
        return Attempt(prepared_part(again, self.reader), attempt.params)


def losses(output: PartOutput) -> Faults | None:
    """What became of a part's spans, names and numbers; None where it has none, or only the right numbers."""
    part = output.part
    if part.sentence is None or part.treatment is None:
        return None
    languages = part.treatment.languages
    read, written = part.text, output.decoded
    has_more = part.sentence.is_changed or part.sentence.wraps
    if not has_more and is_bare(read) and is_bare(written):
        return None
    both = languages.source, languages.target
    is_less = lost_items(read, written) or lost_codes(read, written)
    is_other = other_numbers(read, written, languages) or difference(read, both[0], written, both[1])
    if not (has_more or is_less or is_other):
        return None
    return faults_of(part.sentence, output.decoded, languages, output.guessed)


def loss_notices(output: PartOutput, number: int, span: Span) -> list[Notice]:
    """What of a part did not survive its last attempt.

    Args:
        output: of the part.
        number: of the segment.
        span: where the output stands.
    """
    if not any(verdict.reason in _REASONS for verdict in output.verdicts):
        return []  # nothing was ever found missing
    found = losses(output)
    if found is None or not found.num:
        return []
    said = f"Segment {number}: "
    notices: list[Notice] = []
    for item in found.output.missing:
        if isinstance(item, Folded):
            message = said + "the name at this place is not in the translation as it was sent."
            notices.append(Notice("name_missing", message, item.source, span))
        else:
            message = said + f"the {_NAMES[item.kind]} at this place is missing in the translation."
            notices.append(Notice("placeholder_missing", message, item.source, span))
    for slot in found.output.doubled:
        message = said + f"the {_NAMES[slot.kind]} at this place is more than once in the translation."
        notices.append(Notice("placeholder_doubled", message, slot.source, span))
    for slot in found.output.misplaced:
        message = said + "the tag at this place does not stand around the words that it stood around."
        notices.append(Notice("tag_misplaced", message, slot.source, span))
    for source in found.item_spans:
        message = said + "the mark or code at this place is missing in the translation."
        notices.append(Notice("placeholder_missing", message, source, span))
    for source in found.number_spans:
        message = said + "the number at this place is not in the translation, or is written as another."
        notices.append(Notice("number_differs", message, source, span))
    if found.numbers.added and not found.number_spans:
        message = said + "the translation has a number that the source does not have."
        notices.append(Notice("number_differs", message, output.part.span, span))
    return notices
