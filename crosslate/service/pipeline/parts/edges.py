"""Where a translation begins and ends: as its source does, with a capital and with a mark."""

from __future__ import annotations

import re

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.parts.treatment import Treatment
from crosslate.service.pipeline.text.words import CountTokens
from crosslate.service.pipeline.wording.beginnings import added_capitals, missing_capital
from crosslate.service.pipeline.wording.endings import missing_end

_WORD_BEHIND = re.compile(r"[^\S\n]+[^\n]*?[^\W_]")


def edge_edits(
    written: str, treatment: Treatment | None, beginning: str, lang: str, count_tokens: CountTokens
) -> list[tuple[Span, str]]:
    """What to change so that a translation begins and ends as its source does, in order.

    Args:
        written: the translation.
        treatment: how its source was prepared; None where nobody looked after that.
        beginning: what it is to begin like; empty where it may begin as it does.
        lang: of the translation.
        count_tokens: how many tokens a model of this language writes a word in.
    """
    if (edit := missing_capital(written, beginning, lang)) is not None:
        edits = [edit]
    elif treatment is None or treatment.capitals is not None:
        edits = []
    else:
        edits = list(added_capitals(written, beginning, lang, count_tokens))
    if treatment is not None:
        goes_on = _WORD_BEHIND.match(treatment.sent, treatment.given.span[1]) is not None
        end = missing_end(written, treatment.given.text, lang, goes_on=goes_on)
        edits += [] if end is None else [end]
    return edits
