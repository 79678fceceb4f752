"""What elements are to a reader: paragraphs, something within a sentence, or nothing to be translated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from crosslate.service.pipeline.markup.codes import Meaning, meanings
from crosslate.service.pipeline.markup.notes import note_marks
from crosslate.service.pipeline.markup.options import MarkupOptions
from crosslate.service.pipeline.markup.pieces import Kind, Piece


class Role(Enum):
    """Of an element."""

    BLOCK = "block"
    """A sentence ends where it begins and where it ends."""
    INLINE = "inline"
    KEPT = "kept"
    """Within a sentence, and stays as it is."""
    KEPT_BLOCK = "kept block"
    HIDDEN = "hidden"
    """Nothing of it is read."""
    BREAK = "break"
    """The end of a line."""


class Roles(Protocol):
    """Which element has which."""

    def of(self, piece: Piece) -> Role:
        """Of a tag."""
        ...


_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "button", "caption", "center", "col"}
    | {"colgroup", "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption"}
    | {"figure", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head"}
    | {
        "header",
        "hgroup",
        "hr",
        "html",
        "label",
        "legend",
        "li",
        "link",
        "main",
        "menu",
        "meta",
        "nav",
        "noscript",
    }
    | {"ol", "optgroup", "option", "p", "search", "section", "select", "summary", "table", "tbody"}
    | {"td", "template", "tfoot", "th", "thead", "title", "tr", "ul"}
)
_KEPT_BLOCKS = frozenset({"pre", "textarea", "listing"})
_KEPT = frozenset({"code", "kbd", "samp", "var", "tt", "math", "notranslate"})
_HIDDEN = frozenset(
    {"audio", "canvas", "datalist", "embed", "iframe", "map", "noembed", "noframes", "object"}
    | {"picture", "plaintext", "rp", "rt", "rtc", "script", "style", "svg", "video", "xmp"}
)
_LINE_END = "br"
"""Of HTML. Many programs send fragments of it as XML."""
_CODES = frozenset({"bpt", "ept", "ut"})
"""Of XML for translators (TMX, XLIFF): what is in them is markup of the text's own format."""
_OF_CODES: Mapping[Meaning | None, Role] = {Meaning.VALUE: Role.KEPT, Meaning.LINE_END: Role.BREAK}


@dataclass(frozen=True, slots=True)
class HtmlRoles:
    """By the names that HTML has; unknown ones are within sentences.

    Custom elements (`mj-text`, `v-btn`; their names have a hyphen) may be anything: as in XML, those that
    stand in no text are paragraphs.
    """

    options: MarkupOptions
    custom_blocks: frozenset[str] = frozenset()
    notes: frozenset[int] = frozenset()
    """Where the marks of notes begin: they stand beside a word, and are none."""

    @classmethod
    def of_pieces(cls, pieces: Sequence[Piece], options: MarkupOptions) -> HtmlRoles:
        """As a page has them."""
        custom = {piece.name for piece in pieces if "-" in piece.name}
        blocks = frozenset(custom - set(_names_in_text(pieces))) if custom else frozenset[str]()
        return cls(options, blocks, frozenset(note_marks(pieces)))

    def of(self, piece: Piece) -> Role:
        """Of a tag."""
        name = piece.name
        is_block = (
            name in _BLOCKS or name in self.options.splitting or name in self.custom_blocks
        ) and name not in self.options.non_splitting
        if name in self.options.ignored or is_untranslated(piece):
            return Role.KEPT_BLOCK if is_block or name in _KEPT_BLOCKS else Role.KEPT
        if name in _HIDDEN or (piece.kind is Kind.START and piece.span[0] in self.notes):
            return Role.HIDDEN
        if name in _KEPT_BLOCKS:
            return Role.KEPT_BLOCK
        if name in _KEPT:
            return Role.KEPT
        if is_block:
            return Role.BLOCK
        return Role.BREAK if name == _LINE_END else Role.INLINE


@dataclass(frozen=True, slots=True)
class XmlRoles:
    """By how elements are used; `inline` are the names of those that stand in text."""

    options: MarkupOptions
    inline: frozenset[str]
    meanings: Mapping[int, Meaning]
    """Of empty elements that stand for something: where they begin."""

    @classmethod
    def of_pieces(cls, pieces: Sequence[Piece], options: MarkupOptions) -> XmlRoles:
        """As a document has them."""
        return cls(options, frozenset(_names_in_text(pieces)), meanings(pieces, options.codes))

    def of(self, piece: Piece) -> Role:
        """Of a tag."""
        name, options = piece.name, self.options
        is_block = options.finds_outline and name not in self.inline
        is_block = (is_block or name in options.splitting) and name not in options.non_splitting
        if name in options.ignored or is_untranslated(piece):
            return Role.KEPT_BLOCK if is_block else Role.KEPT
        if is_block:
            return Role.BLOCK
        if name in _CODES:
            return Role.HIDDEN
        if piece.kind is Kind.EMPTY and name.rpartition(":")[2] == _LINE_END:
            return Role.BREAK
        return _OF_CODES.get(self.meanings.get(piece.span[0]), Role.INLINE)


def is_untranslated(piece: Piece) -> bool:
    """Whether an element says of itself that it is not to be translated."""
    attributes = piece.attributes
    if not attributes:
        return False
    return (
        attributes.get("translate", "").lower() == "no"
        or attributes.get("translatable", "").lower() == "false"  # of Android
        or "notranslate" in attributes.get("class", "").split()
    )


@dataclass(slots=True)
class _Frame:
    """An element while its content is read."""

    name: str = ""
    has_text: bool = False
    names: list[str] = field(default_factory=list)
    """Of what is right in it."""
    blanks: str = ""
    """Since the last of these."""
    beside: set[str] = field(default_factory=set)
    """Of those that stand in a line with another one, a blank between them."""

    def add(self, name: str) -> None:
        if self.names and self.blanks and not set(self.blanks) & set("\r\n"):
            self.beside |= {self.names[-1], name}
        self.names.append(name)
        self.blanks = ""


def _names_in_text(pieces: Sequence[Piece]) -> Iterator[str]:
    path, opened = [_Frame()], Counter[str]()
    for piece in pieces:
        match piece.kind:
            case Kind.TEXT | Kind.REFERENCE if not piece.text.strip():
                path[-1].blanks += piece.text
            case Kind.TEXT | Kind.REFERENCE | Kind.CDATA:
                path[-1].has_text = True
            case Kind.START | Kind.EMPTY:
                path[-1].add(piece.name)
                if piece.kind is Kind.START:
                    path.append(_Frame(piece.name))
                    opened[piece.name] += 1
            case Kind.END if opened[piece.name]:
                name = ""
                while name != piece.name:  # HTML has elements without an end
                    frame = path.pop()
                    name = frame.name
                    opened[name] -= 1
                    yield from _found(frame)
    while path:
        yield from _found(path.pop())


def _found(frame: _Frame) -> set[str]:
    return set(frame.names) if frame.has_text else frame.beside
