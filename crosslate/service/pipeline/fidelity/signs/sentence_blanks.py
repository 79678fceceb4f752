"""The blank between two sentences that a model reads in one go, such as those of a quotation.

Models that were trained on sentences one by one write `It is late.We go home.` of them at times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosslate.service.pipeline.text.origin import DerivedText

_END = re.compile(r"[^\W\d_]{4}[.!?…][\"'”’»)\]]?\s+[\"'“‘«(\[¿¡]?[^\W\d_]")
"""Of a sentence that another one follows; shorter words may be abbreviations."""
_TOGETHER = re.compile(r"(?<=[^\W\d_][^\W\d_][^\W\d_][.!?…])(?=[^\W\d_]+[^\w.@/:-])")
"""A word, a full stop, and at once a word that no name of a site or a file goes on behind."""


@dataclass(frozen=True, slots=True)
class SentenceBlanks:
    """Puts the blank where a sentence has ended and a capital follows at once."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with these blanks."""
        text = written.text
        places = [match.start() for match in _TOGETHER.finditer(text)]
        begun = [at for at in places if text[at].isupper() and text[at - 2].islower()]
        return written.edited([((at, at), " ") for at in begun]) if begun else written


def sentence_blanks(text: str) -> SentenceBlanks | None:
    """For a text with the end of a sentence within, and none that has no blank in the source either."""
    if _END.search(text) is None or _TOGETHER.search(text) is not None:
        return None
    return SentenceBlanks()
