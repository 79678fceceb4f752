"""A parenthesis that nobody wrote, such as `(em inglês)`: models learn it from encyclopaedias."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from crosslate.service.pipeline.parts.part import Part
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.additions import num_brackets

_PARENTHESIS = re.compile(
    r"(?P<stop>\.)?\s*(?:\([^()]*?(?:\)|(?P<last>[.!?]?)$)|\[[^\[\]]*\]|（[^（）]*）)(?(stop)\.?)"
)
"""With the full stop behind it where there is one before it too, as in `Acme Inc. (em inglês).`."""


@dataclass(frozen=True, slots=True)
class WithoutParentheses:
    """Takes parentheses out of an output whose source has not as many."""

    num_kept: int = 0

    def restored(self, written: DerivedText) -> DerivedText:
        """The text without them; as it is where nothing else is in it."""
        return without_added(written, self.num_kept)


def without_added(written: DerivedText, num_kept: int = 0) -> DerivedText:
    """An output with so many parentheses, the first ones; as it is where nothing else is in it."""
    found = [*_PARENTHESIS.finditer(written.text)][num_kept:]
    edits = [(match.span(), match["stop"] or match["last"] or "") for match in found]
    rest = written.edited(edits)
    return rest if any(map(str.isalnum, rest.text)) else written


def without_parentheses(part: Part) -> Part | None:
    """The part, whose answer is to have no more than its source; None where that was tried.

    Of those of a source it is known only where they are all of it, `(upbeat music)`, that they come first.
    """
    num = num_brackets(part.text)
    is_known = num == 0 or (num == 1 and _PARENTHESIS.fullmatch(part.text.rstrip(".")) is not None)
    if not is_known or any(isinstance(step, WithoutParentheses) for step in part.restore):
        return None
    return dataclasses.replace(part, restore=(WithoutParentheses(num), *part.restore))


def as_said(part: Part, decoded: str) -> str:
    """What a part's output says, without what is taken out of it."""
    taken_out = (step for step in part.restore if isinstance(step, WithoutParentheses))
    return next((step.restored(DerivedText.of(decoded)).text for step in taken_out), decoded)
