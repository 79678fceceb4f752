"""What only confuses a model is taken out of its input: invisible characters, punctuation it cannot read.

Many vocabularies lack typographic quotation marks and dashes; the model then sees "unknown" and often
drops them or what stands beside them. On the FLORES sentences that contain any, plain ones gain the starter
models 3.9 BLEU (en-pt) and 2.4 BLEU (pt-en).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from crosslate.models.tokenizers.tokenizer import Tokenizer
from crosslate.service.pipeline.fidelity.signs.vocabulary import Vocabulary
from crosslate.service.pipeline.text.origin import DerivedText

_JOINERS = "\u034f\u200c\u200d"
_LATIN = "A-Za-z\xaa\xba\xc0-\u024f"
# Controls, soft hyphens, zero-width spaces, byte order marks, directional marks (`hidden_signs.py` has kept
# those between words). The joiners U+200C and U+200D only beside Latin letters: they are part of the spelling
# in Persian, Indic scripts and emoji. Not an escape that begins the colours of a terminal.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\xad]|\x1b(?!\\[)"
    "|[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]"
    f"|(?<=[{_LATIN}])[{_JOINERS}]+|(?<![{_JOINERS}])[{_JOINERS}]++(?=[{_LATIN}])"
)

_LOOKALIKES = {
    **dict.fromkeys("‘’‚‛`´", "'"),
    **dict.fromkeys("“”„‟", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
}
_IN_ONE = re.compile(
    "(?:(?<=[^\\W_])|(?<=[.,;:!?])|(?<=[\\w.,!?][\"'”’»)\\]]))[—―](?=[^\\W_]|[\"'“‘«(\\[¿¡][^\\W_])|…"
)
"""What is read as several characters: a dash without blanks would join two words, were it a hyphen."""


def lookalikes(tokenizer: Tokenizer) -> dict[int, str]:
    """Punctuation that this vocabulary lacks, with plain one that it has, for `prepare`."""
    if tokenizer.unknown_token_id is None:
        return {}
    vocabulary = Vocabulary(tokenizer)
    return {
        ord(character): plain
        for character, plain in _LOOKALIKES.items()
        if not vocabulary.knows(character) and all(map(vocabulary.knows, plain))
    }


def prepare(given: DerivedText, substitutes: Mapping[int, str]) -> DerivedText:
    """The text without invisible characters, and with `substitutes` put in."""
    return substituted(without_invisible(given), substitutes)


def without_invisible(given: DerivedText) -> DerivedText:
    """The text without characters that nobody sees."""
    return given.edited([(match.span(), "") for match in _INVISIBLE.finditer(given.text)])


def substituted(given: DerivedText, substitutes: Mapping[int, str]) -> DerivedText:
    """The text with `substitutes` put in."""
    if not substitutes or given.text.isascii():
        return given
    if any(sign in given.text for sign in "…—―"):  # a search for them takes ten times as long
        given = given.edited(
            [
                (match.span(), written if match.group() == "…" else f" {written} ")
                for match in _IN_ONE.finditer(given.text)
                if (written := substitutes.get(ord(match.group()))) is not None
            ]
        )
    return DerivedText(given.text.translate(substitutes), given.origin)
