"""The full stop of an abbreviation at the end of a sentence, and the sentence's own: `70 a.C.` has one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosslate.service.pipeline.text.origin import DerivedText

_ENDS = re.compile(
    r"(?:[A-Z]{2,5}(?: \d{1,4})?|[^\W\d_]\.[^\W\d_]|\b(?:etc|Inc|Ltd|Ltda|Lda|Co|Corp|Jr|Sr|No|n\.º|St))\.$"
)
_LONGEST = 12
"""Characters: of all of these."""
_TWO = re.compile(r"(?<=[^\W_])\.(?P<second>\.)$")


@dataclass(frozen=True, slots=True)
class SingleStop:
    """Takes the second of two full stops at the end away."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with one; as it is where there is one, or an ellipsis."""
        match = _TWO.search(written.text)
        return written if match is None else written.edited([(match.span("second"), "")])


def single_stop(text: str) -> SingleStop | None:
    """For a text that ends in what may be an abbreviation and one full stop."""
    return SingleStop() if text[-1:] == "." and _ENDS.search(text[-_LONGEST:]) is not None else None
