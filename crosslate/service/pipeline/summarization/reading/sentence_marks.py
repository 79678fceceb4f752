"""Which tokens of a vocabulary may end a sentence, and which begin a word: what an engine cannot know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.engine.request import SentenceStop
from crosslate.models.tokenizers.tokenizer import Tokenizer

_ANCHOR = "a"
"""A word to put tokens behind: at the beginning of a text none has a blank before it."""
_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")


def sentence_marks(tokenizer: Tokenizer, vocab_size: int) -> bytes:
    """What `SentenceStop` wants to know of each token; takes about a second for 100,000."""
    anchor = tokenizer.tokenize_target(_ANCHOR).ids
    shown = [token for token in anchor if tokenizer.decode([token])]
    return bytes(_marks(tokenizer, shown, vocab_size))


def _marks(tokenizer: Tokenizer, anchor: list[int], vocab_size: int) -> Iterator[int]:
    before = len(tokenizer.decode(anchor))
    for token in range(vocab_size):
        try:
            added = tokenizer.decode([*anchor, token])[before:]
        except ValueError:  # vocabularies may be padded with ids that are no token's
            added = ""
        ends = SentenceStop.ENDS_SENTENCE if _END.search(added) else 0
        yield ends | (SentenceStop.BEGINS_WORD if added[:1].isspace() else 0)
