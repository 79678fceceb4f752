"""BERT's tokenizers: words cut at every mark, and in pieces (`##` at the head of all but the first)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tokenizers

from crosslate.models.tokenizers.hub_tokenizer import HubTokenizer
from crosslate.models.tokenizers.language_tokens import LanguageScheme

GLUED = (" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're")
"""What `transformers` writes without its blanks, one after the other, in a text of BERT's pieces."""
UNFINISHED = (*GLUED, " n ' t")
"""What a text may end with the beginning of, so that what comes next decides about a blank."""
LONGEST = max(map(len, UNFINISHED))


class WordPieceTokenizer(HubTokenizer):
    """Pieces without blanks of their own, so that a text's are put where they mostly are."""

    def __init__(
        self,
        backend: tokenizers.Tokenizer,
        settings: Mapping[str, Any],
        *,
        scheme: LanguageScheme | None = None,
        start_token_id: int | None = None,
    ) -> None:
        super().__init__(backend, settings, scheme=scheme, start_token_id=start_token_id)
        self._cleans_up = settings.get("clean_up_tokenization_spaces") is not False

    def num_settled(self, token_ids: Sequence[int]) -> int:
        """See `Tokenizer`. A blank before an apostrophe depends on what follows."""
        settled = list(token_ids)
        while self._cleans_up and (num_open := self._num_open(settled)):
            del settled[-num_open:]
        return len(settled)

    def _num_open(self, token_ids: list[int]) -> int:
        """How many of the last tokens begin what may be glued."""
        # Each piece has a letter at least; the first one's blank is not to be seen.
        last = token_ids[-LONGEST - 1 :]
        chunks = super()._chunks([i for i in last if i not in self._special_ids])
        rest, count = _unfinished("".join(chunks)), 0
        while rest > 0:
            count += 1
            rest -= 0 if last[-count] in self._special_ids else len(chunks.pop())
        return count

    def _text(self, token_ids: list[int]) -> str:
        text = super()._text(token_ids)
        return _cleaned(text) if self._cleans_up else text

    def _chunks(self, token_ids: list[int]) -> list[str]:
        chunks = super()._chunks(token_ids)
        text = "".join(chunks)
        if not self._cleans_up or _cleaned(text) == text:
            return chunks
        is_kept = _kept(text)
        ends, end = [], 0
        for chunk in chunks:
            end += len(chunk)
            ends.append(end)
        bounds = zip([0, *ends], ends, strict=False)
        return ["".join(text[i] for i in range(*bound) if is_kept[i]) for bound in bounds]


def _cleaned(text: str) -> str:
    for glued in GLUED:
        text = text.replace(glued, glued.replace(" ", ""))
    return text


def _kept(text: str) -> list[bool]:
    """Of each character, whether it is in the cleaned text."""
    is_kept = [True] * len(text)
    where = list(range(len(text)))
    for glued in GLUED:
        start = text.find(glued)
        while start >= 0:
            for i, character in enumerate(glued, start=start):
                is_kept[where[i]] = character != " "
            start = text.find(glued, start + len(glued))
        where = [i for i in where if is_kept[i]]
        text = text.replace(glued, glued.replace(" ", ""))
    return is_kept


def _unfinished(text: str) -> int:
    """How many characters at the end are the beginning of something that may be glued."""
    for length in range(min(LONGEST - 1, len(text)), 0, -1):
        if any(glued.startswith(text[-length:]) and len(glued) > length for glued in UNFINISHED):
            return length
    return 0
