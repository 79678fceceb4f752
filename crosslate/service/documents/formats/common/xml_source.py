"""XML files that are changed at places, every other byte as it was: elements, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from crosslate.service.documents.document import unreadable
from crosslate.service.documents.edits import edited
from crosslate.service.documents.encoding import read_text
from crosslate.service.documents.inline import legal
from crosslate.service.documents.package import parse_xml

_UTF8 = "utf-8"
_SEPARATOR = "}"
_NAME = re.compile(r"<\s*([^\s/>]+)")


@dataclass(slots=True, eq=False)
class XmlNode:
    """An element. Places are in characters of the file; its content is all between its two tags."""

    tag: str
    """With its namespace in braces, as the names of attributes."""
    attributes: Mapping[str, str]
    start: int
    content: int = 0
    content_end: int = 0
    end: int = 0
    is_empty: bool = False
    """It is one tag, `<a/>`."""
    children: list[XmlNode] = field(default_factory=list)

    def iter(self, *tags: str) -> Iterator[XmlNode]:
        """It and all in it, in order; only those of these tags, if any are given."""
        pending = [self]
        while pending:
            node = pending.pop()
            if not tags or node.tag in tags:
                yield node
            pending.extend(reversed(node.children))

    def find(self, tag: str) -> XmlNode | None:
        """The first child of a tag."""
        return next((child for child in self.children if child.tag == tag), None)


class XmlSource:
    """A file that is XML.

    Args:
        data: the file.
        kind: for people, such as `.ts`.

    Raises:
        ServiceError: 422, it is no XML, or declares entities.
    """

    def __init__(self, data: bytes, kind: str) -> None:
        declared = parse_xml(data, kind).getroottree().docinfo.encoding
        self.file = replace(read_text(data, kind, declared=declared), is_xml=True)
        self._edits: dict[tuple[int, int], str] = {}
        try:
            self.root = _root_of(self.file.text)
        except expat.ExpatError as error:
            raise unreadable(kind, f"it is no valid XML (line {error.lineno})") from None

    @property
    def notices(self) -> tuple[str, ...]:
        """What is to be said of how it was read."""
        return self.file.notices

    def inner(self, node: XmlNode) -> str:
        """What stands between an element's tags, as it will be written."""
        return self._edits.get(self._place_of(node), self.between(node.content, node.content_end))

    def between(self, start: int, end: int) -> str:
        """The file from one place to another."""
        return self.file.text[start:end]

    def set_inner(self, node: XmlNode, content: str) -> None:
        """Replace what stands between an element's tags by XML; behind what is done to its attributes."""
        if not node.is_empty:
            self._edits[self._place_of(node)] = legal(content)
        elif content:
            tag = self._edits.get((node.start, node.end), self.between(node.start, node.end))
            opening = tag.removesuffix("/>").rstrip()
            self._edits[node.start, node.end] = f"{opening}>{legal(content)}</{self.name_of(node)}>"

    def set_attribute(self, node: XmlNode, name: str, value: str) -> None:
        """Set an attribute, whose name is as the file has it, with its prefix."""
        start, end = node.start, node.content
        tag = self._edits.get((start, end), self.between(start, end))
        new, number = re.subn(
            rf"""(?<=\s)({re.escape(name)}\s*=\s*)(?:"[^"]*"|'[^']*')""",
            lambda found: found[1] + quoteattr(legal(value)),
            tag,
            count=1,
        )
        if not number:
            at = len(tag) - (2 if tag.endswith("/>") else 1)
            new = f"{tag[:at].rstrip()} {name}={quoteattr(legal(value))}{tag[at:]}"
        self._edits[start, end] = new

    def insert(self, at: int, content: str) -> None:
        """Add XML at a place, behind what was added there before."""
        self._edits[at, at] = self._edits.get((at, at), "") + legal(content)

    def written(self) -> bytes:
        """The file, in its encoding; letters that this has not are written by their numbers."""
        edits = ((*place, new) for place, new in sorted(self._edits.items()))
        return self.file.encoded(edited(self.file.text, edits))

    def name_of(self, node: XmlNode) -> str:
        """An element's name as the file has it, with its prefix."""
        found = _NAME.match(self.between(node.start, node.end))
        assert found is not None
        return found[1]

    def _place_of(self, node: XmlNode) -> tuple[int, int]:
        return node.content, node.content_end


class _Places:
    """Where a parser is that counts bytes, in characters; it only goes on."""

    def __init__(self, data: bytes) -> None:
        self._data, self._bytes, self._characters = data, 0, 0

    def at(self, num_bytes: int) -> int:
        """How many characters these bytes are."""
        self._characters += len(self._data[self._bytes : num_bytes].decode())
        self._bytes = num_bytes
        return self._characters


def _root_of(text: str) -> XmlNode:
    """Reads well-formed XML without entities of its own."""
    data = text.encode()
    places = _Places(data)
    parser = expat.ParserCreate(_UTF8, _SEPARATOR)
    around = XmlNode("", {}, 0)
    open_ones = [around]
    begun: list[XmlNode] = []
    """The element whose first tag is being read, if one is."""

    def end_tag() -> None:
        for node in begun:
            node.content = places.at(parser.CurrentByteIndex)
        begun.clear()

    def start(name: str, attributes: dict[str, str]) -> None:
        end_tag()
        named = {_full(key): value for key, value in attributes.items()}
        node = XmlNode(_full(name), named, places.at(parser.CurrentByteIndex))
        open_ones[-1].children.append(node)
        open_ones.append(node)
        begun.append(node)

    def end(_: str) -> None:
        end_tag()
        node, at = open_ones.pop(), places.at(parser.CurrentByteIndex)
        node.is_empty = node.content == at and text.endswith("/>", 0, at)
        node.content_end = at
        node.end = at if node.is_empty else text.index(">", at) + 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda _: end_tag()
    parser.CommentHandler = lambda _: end_tag()
    parser.ProcessingInstructionHandler = lambda *_: end_tag()
    parser.StartCdataSectionHandler = end_tag
    parser.Parse(data, True)
    return around.children[0]


def _full(name: str) -> str:
    return f"{{{name}" if _SEPARATOR in name else name
