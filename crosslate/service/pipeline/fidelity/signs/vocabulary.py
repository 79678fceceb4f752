"""Which characters of a text a model can read."""

from __future__ import annotations

import unicodedata

from crosslate.models.tokenizers.tokenizer import Tokenizer

_RAISED = ("<sub>", "<super>")


class Vocabulary:
    """What one tokenizer knows, asked a character at a time and kept: its answers never change.

    A model with byte fallback knows everything.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: set[str] = set()
        self._unknown: set[str] = set()

    def unknown_in(self, text: str) -> set[str]:
        """Its characters that the model cannot read, or reads as something else."""
        return {character for character in set(text) - self._known if not self.knows(character)}

    def knows(self, character: str) -> bool:
        """Whether it reads this character as itself; it may read another case of a letter."""
        if character not in self._known and character not in self._unknown:
            (self._known if self._ask(character) else self._unknown).add(character)
        return character in self._known

    def _ask(self, character: str) -> bool:
        if character.isspace() or (character.isascii() and character.isalnum()):
            return True
        # Some tokenizers drop a sign that stands alone, or a mark without a letter.
        text = f"a{character}" if unicodedata.combining(character) else character
        if not self._tokenizer.reads(text):
            return False
        is_raised = unicodedata.decomposition(character).startswith(_RAISED) and character not in "ºª"
        if (character.isalpha() and not is_raised) or unicodedata.combining(character):
            return True
        # Normalised into others, as ½ is into 1/2, and the index of xᵢ into a letter.
        return character in self._tokenizer.decode(self._tokenizer.tokenize_target(text).ids)
