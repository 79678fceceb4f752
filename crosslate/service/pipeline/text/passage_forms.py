"""Characters that a format has a form of its own for, such as `&lt;` for `<`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.text.origin import DerivedText


@dataclass(frozen=True, slots=True)
class Forms:
    """How characters are written."""

    written: Mapping[str, str] = field(default_factory=dict)
    """For each character that is written in another way, how."""
    only_before: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """Of those that would else be taken for themselves: before what they are written in it."""

    def __bool__(self) -> bool:
        return bool(self.written)

    def read(self, text: DerivedText) -> DerivedText:
        """A text with these forms in it, as it is read."""
        found = {form: character for character, form in self.written.items()}
        pattern = "|".join(map(re.escape, sorted(found, key=len, reverse=True)))
        return text.edited(
            [(match.span(), found[match.group()]) for match in re.finditer(pattern, text.text)]
        )

    def edits(self, text: str) -> Iterator[tuple[Span, str]]:
        """What to replace in a text, in order."""
        if not any(character in text for character in self.written):  # as most texts are
            return
        for place, character in enumerate(text):
            form = self.written.get(character)
            if form is None:
                continue
            following = self.only_before.get(character)
            if following is None or following.match(text, place + 1):
                yield (place, place + 1), form


AS_IT_IS = Forms()
