"""How the JSON of a string catalogue is laid out, and what is added to it in that way."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.service.documents.formats.localization.json_members import Member

_FIRST = re.compile(r'\s*\{(?P<gap>\s*)"(?:[^"\\]|\\.)*"(?P<colon>\s*:\s*)')


@dataclass(frozen=True, slots=True)
class CatalogStyle:
    """What stands between the members of objects."""

    line_end: str
    """Empty where all is on one line."""
    indent: str
    colon: str

    @staticmethod
    def of(text: str) -> CatalogStyle:
        """As the first member of a file stands there: Xcode writes `"key" : "value"`."""
        first = _FIRST.match(text)
        gap, colon = (first["gap"], first["colon"]) if first else ("\n  ", " : ")
        line_end = "\r\n" if "\r\n" in gap else "\n" if "\n" in gap else ""
        return CatalogStyle(line_end, gap.rpartition("\n")[2] if line_end else "", colon)

    def written(self, value: object, depth: int) -> str:
        """A value, behind a key at a depth."""
        indent = self.indent if self.line_end else None
        separator = "," if self.line_end else ", "
        written = json.dumps(
            value, indent=indent, separators=(separator, self.colon), ensure_ascii=False, sort_keys=True
        )
        return written.replace("\n", self._line(depth)) if self.line_end else written

    def with_member(
        self, owner: Member, members: Sequence[Member], key: str, value: object, depth: int
    ) -> tuple[int, int, str]:
        """Where to change an object for it to have one more member, by the order of keys, and to what."""
        written = json.dumps(key, ensure_ascii=False) + self.colon + self.written(value, depth)
        before = [member for member in members if member.key < key]
        if not members:
            return owner.value, owner.end, f"{{{self._line(depth)}{written}{self._line(depth - 1)}}}"
        separator = f",{self._line(depth)}" if self.line_end else ", "
        if before:
            return before[-1].end, before[-1].end, f"{separator}{written}"
        return members[0].start, members[0].start, f"{written}{separator}"

    def _line(self, depth: int) -> str:
        return self.line_end + self.indent * depth if self.line_end else ""
