"""A paragraph as what is translated of it: read once, and written from the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosslate.service.documents.document import Segment
from crosslate.service.documents.inline import Group, Item, groups_of
from crosslate.service.documents.soft_breaks import SoftBreaks


class Groups:
    """A paragraph's items between its breaks; some have words to translate."""

    def __init__(self, items: Sequence[Item], place: str) -> None:
        self._breaks = SoftBreaks(items)
        self._parts = groups_of(self._breaks.joined(items), place)
        self._asked = [
            (part, segment)
            for part in self._parts
            if isinstance(part, Group) and (segment := part.segment()) is not None
        ]

    @property
    def segments(self) -> list[Segment]:
        """What there is to translate."""
        return [segment for _, segment in self._asked]

    def put(self, translations: Sequence[str]) -> None:
        """Take the translations of `segments`."""
        for (group, _), translation in zip(self._asked, translations, strict=True):
            group.put(translation)

    def items(self) -> Iterator[Item]:
        """All of the paragraph, breaks included, as it stands now."""
        for part in self._parts:
            yield from self._breaks.parted(part.items) if isinstance(part, Group) else [part]
