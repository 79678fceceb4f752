"""Whether what must survive a part's translation did, and how the part is tried again where it did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.pipeline.degeneration import Fault
from service.pipeline.fidelity.treatment import Faults, faults_of
from service.pipeline.part import PartOutput, Reader
from service.pipeline.part_making import prepared_part
from service.pipeline.passes import Attempt


@dataclass(frozen=True, slots=True)
class Survival:
    """Stand-ins, names and numbers of the source, each once in the output."""

    reader: Reader

    @property
    def num_tries(self) -> int:
        """With other stand-ins, for more of the part."""
        return 2

    def faults(self, output: PartOutput) -> Sequence[Fault]:
        """One for each thing that is lost, doubled or different."""
        found = losses(output)
        if found is None:
            return []
        lost = [Fault.LOST] * found.output.num_faults
        return [*lost, *[Fault.NUMBERS] * (found.num - len(lost))]

    def another(self, fault: Fault, attempt: Attempt, output: PartOutput) -> Attempt | None:
        """The part prepared in another way; None where there is no other."""
        found, treatment = losses(output), attempt.part.treatment
        if found is None or treatment is None or (again := treatment.again(found)) is None:
            return None
        return Attempt(prepared_part(again, self.reader, attempt.part.layout), attempt.params)


def losses(output: PartOutput) -> Faults | None:
    """What became of a part's spans, names and numbers; None where it has none."""
    part = output.part
    if part.sentence is None or part.treatment is None:
        return None
    if not part.sentence.is_changed and not any(map(str.isdigit, part.text + output.decoded)):
        return None
    return faults_of(part.sentence, output.decoded, part.treatment.languages)
