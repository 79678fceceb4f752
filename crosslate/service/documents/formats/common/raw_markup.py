"""What stands between two tags of XML, as text with elements in it that come out byte for byte."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from xml.sax.saxutils import escape

from crosslate.service.documents.document import Segment
from crosslate.service.documents.groups import Groups
from crosslate.service.documents.inline import Break, Ends, Item, Mark, Run, Wrap
from crosslate.service.documents.pairs import paired

_CDATA = "<![CDATA["
_CDATA_END = "]]>"
_TOKEN = re.compile(
    r"(<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>)", re.DOTALL
)
_TAG_IN_CDATA = re.compile(r"(</?[A-Za-z][^<>]*>)")
_NAME = re.compile(r"</?([^\s/>]+)")


def xml_text(text: str) -> str:
    """Text, as it has to stand between tags."""
    return escape(text)


def as_run(text: str) -> Iterator[Item]:
    """A text that says nothing but itself."""
    yield Run(text)


class RawMarkup:
    """The content of an element.

    Args:
        raw: as the file has it; well-formed.
        place: for people.
        take: gets the content with its translation.
        read: what the format makes of a stretch of text, references to characters resolved.
        write: the other way, for a run; XML's own signs are escaped after it.
        is_kept: whether an element of a name stands for a word, which stays with all that is in it.
    """

    def __init__(
        self,
        raw: str,
        place: str,
        take: Callable[[str], None],
        *,
        read: Callable[[str], Iterator[Item]] = as_run,
        write: Callable[[str], str] = str,
        is_kept: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._take, self._write = take, write
        self._is_cdata = raw.startswith(_CDATA) and raw.endswith(_CDATA_END) and raw.count(_CDATA) == 1
        pieces = _cdata_tokens(raw) if self._is_cdata else _tokens(raw, is_kept)
        items = list(_items(pieces, read, is_escaped=not self._is_cdata))
        self._groups = Groups(paired(items, _opens, _closes), place)

    @property
    def segments(self) -> Sequence[Segment]:
        """What there is to translate."""
        return self._groups.segments

    def put(self, translations: Sequence[str]) -> None:
        """Take the translations of `segments`."""
        if not self.segments:
            return
        self._groups.put(translations)
        written = "".join(self._written(self._groups.items()))
        if self._is_cdata:
            written = f"{_CDATA}{written.replace(_CDATA_END, ']]]]><![CDATA[>')}{_CDATA_END}"
        self._take(written)

    def _written(self, items: Iterator[Item] | Sequence[Item]) -> Iterator[str]:
        for item in items:
            match item:
                case Run(text=text):
                    yield self._write(text) if self._is_cdata else xml_text(self._write(text))
                case Mark(source=sources):
                    yield from sources
                case Break(source=source):
                    yield source
                case Wrap(source=Ends(opening=opening, closing=closing), items=inner):
                    yield from opening
                    yield from self._written(inner)
                    yield from closing


def _tokens(raw: str, is_kept: Callable[[str], bool]) -> Iterator[tuple[str, bool]]:
    """Pieces of text, and of markup, which the second says; an element that is kept is one piece."""
    kept, name, depth = "", "", 0
    for number, piece in enumerate(_TOKEN.split(raw)):
        is_markup = number % 2 == 1
        if kept:
            kept += piece
            if is_markup and _name_of(piece) == name and not piece.endswith("/>"):
                depth += -1 if piece.startswith("</") else 1
            if not depth:
                yield kept, True
                kept = ""
        elif is_markup and is_kept(_name_of(piece)) and not piece.endswith("/>"):
            kept, name, depth = piece, _name_of(piece), 1
        elif piece:
            yield piece, is_markup


def _cdata_tokens(raw: str) -> Iterator[tuple[str, bool]]:
    """Of what is no markup to XML, but mostly HTML, which a program reads later."""
    for number, piece in enumerate(_TAG_IN_CDATA.split(raw[len(_CDATA) : -len(_CDATA_END)])):
        if piece:
            yield piece, number % 2 == 1


def _items(
    tokens: Iterator[tuple[str, bool]], read: Callable[[str], Iterator[Item]], *, is_escaped: bool
) -> Iterator[Item]:
    for piece, is_markup in tokens:
        if piece.startswith(_CDATA):
            yield from read(piece[len(_CDATA) : -len(_CDATA_END)])
        elif is_markup:
            yield Mark([piece], is_word=_is_element(piece))
        else:
            yield from read(html.unescape(piece) if is_escaped else piece)


def _is_element(piece: str) -> bool:
    """Whether it is a whole element, with its words."""
    return piece.startswith("<") and piece.count("<") > 1 and not piece.startswith("<!--")


def _name_of(piece: str) -> str:
    found = _NAME.match(piece)
    return found[1] if found else ""


def _opens(piece: str) -> str | None:
    is_opening = not piece.startswith(("</", "<!", "<?")) and not piece.endswith("/>")
    return _name_of(piece) if is_opening and not _is_element(piece) else None


def _closes(piece: str) -> str | None:
    return _name_of(piece) if piece.startswith("</") else None
