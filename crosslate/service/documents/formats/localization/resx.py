"""Messages of .NET programs (`.resx`): the values of what has no type of its own."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Document, ReadOptions, unreadable
from crosslate.service.documents.formats.common.units import Leaf, document_of
from crosslate.service.documents.package import parse_xml, xml_file_bytes

_KIND = ".resx"
_OF_DESIGNER = ">>"
"""What names of entries begin with that say how a form is built."""


def read_resx(data: bytes, options: ReadOptions) -> Document:
    """Texts; pictures, numbers, colours and what is said to translators stay.

    Raises:
        ServiceError: 422.
    """
    root = parse_xml(data, _KIND)
    if root.tag != "root":
        raise unreadable(_KIND, "its root is not root")
    units = [Leaf(value, name) for name, value in _texts(root)]
    return document_of(units, lambda: xml_file_bytes(root, data))


def _texts(root: Element) -> Iterator[tuple[str, Element]]:
    for entry in root.iterfind("data"):
        name, value = entry.get("name", ""), entry.find("value")
        is_text = entry.get("type") is None and entry.get("mimetype") is None
        if value is not None and is_text and not name.startswith(_OF_DESIGNER):
            yield name, value
