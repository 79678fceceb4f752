"""Files that are zip archives of parts: read within limits, written again with some parts replaced."""

from __future__ import annotations

import codecs
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

from lxml import etree
from lxml.etree import _Element as Element

from crosslate.service.documents.document import too_large, unreadable, unsafe
from crosslate.service.documents.signature import OLE, kind_of

_MAX_PARTS = 10_000
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
_MAX_XML_BYTES = 64 * 1024 * 1024
"""Of the parts that are read together: as a tree they take some twenty times as much memory."""
_MAX_RATIO = 200
"""Of unpacked to packed bytes, in parts that are worth looking at; XML packs to a tenth or a thirtieth."""
_SMALL_BYTES = 4 * 1024 * 1024
_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""By which the parts of documents are packed; by others `zipfile` unpacks without an end."""
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)
"""What `zipfile` raises where a byte is not as it should be: it seeks to where an offset leads, say."""


class Package:
    """The parts of one file.

    Raises:
        ServiceError: 422 it is no archive, is encrypted, or is made to fill memory; 413 it is too large.
    """

    def __init__(self, data: bytes, kind: str) -> None:
        self._kind = kind
        if data.startswith(OLE):
            raise unreadable(kind, f"it is {kind_of(data)}")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGES:
            raise unreadable(kind, f"it is {kind_of(data)}") from None
        self._check(self._archive.infolist())
        self._num_parsed = 0
        self.names = tuple(self._archive.namelist())
        """In the order of the archive."""

    def _check(self, parts: list[zipfile.ZipInfo]) -> None:
        if len(parts) > _MAX_PARTS:
            raise unsafe(f"The archive has {len(parts)} parts; at most {_MAX_PARTS} are read.")
        if self.unpacked_bytes > MAX_UNPACKED_BYTES:
            raise too_large(
                f"The parts of the file have more than {MAX_UNPACKED_BYTES // 1024**2} MiB when unpacked."
            )
        for part in parts:
            if part.flag_bits & _ENCRYPTED:
                raise unreadable(self._kind, "it is protected by a password")
            if part.compress_type not in _METHODS:
                raise unreadable(self._kind, "a part of it is packed in a way that documents are not")
            if ".." in part.filename.split("/") or part.filename.startswith("/"):
                raise unsafe("A part of the archive has a name that leads out of the archive.")
            if part.file_size > _SMALL_BYTES and part.file_size > _MAX_RATIO * part.compress_size:
                raise unsafe("A part of the archive unpacks to far more than a document does (a zip bomb).")
        if len({part.filename for part in parts}) != len(parts):
            raise unsafe("Two parts of the archive have the same name.")

    @property
    def unpacked_bytes(self) -> int:
        """Of all parts together."""
        return sum(part.file_size for part in self._archive.infolist())

    def has(self, name: str) -> bool:
        """Whether there is a part of this name."""
        return name in self._archive.NameToInfo

    def read(self, name: str) -> bytes:
        """One part, unpacked.

        Raises:
            ServiceError: 422, it is not there or damaged.
        """
        try:
            with self._archive.open(name) as part:
                # Not more than the directory says, which `_check` has summed up: without a size all of it is
                # unpacked before zipfile looks at that.
                return part.read(self._archive.getinfo(name).file_size + 1)
        except KeyError:
            raise unreadable(self._kind, f"its part {name} is missing") from None
        except _DAMAGES:
            raise unreadable(self._kind, f"its part {name} is damaged") from None

    def tree(self, name: str, prepared: Callable[[bytes], bytes] = bytes) -> Element:
        """One prepared part as XML; raises as `read`, 413, and 422 where it is none or declares entities."""
        data = prepared(self.read(name))
        self._num_parsed += len(data)
        if self._num_parsed > _MAX_XML_BYTES:
            raise too_large(
                f"The text of the file with its marks fills more than {_MAX_XML_BYTES // 1024**2} MiB: "
                "divide the file."
            )
        return parse_xml(data, self._kind, name)

    def written(self, changed: Mapping[str, bytes]) -> bytes:
        """The file with some parts replaced, the others as they are, all in the same order."""
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in self._archive.infolist():
                content = changed[part.filename] if part.filename in changed else self.read(part.filename)
                archive.writestr(part, content, compress_type=part.compress_type)
        return output.getvalue()


def parse_xml(data: bytes, kind: str, name: str = "") -> Element:
    """The root element; nothing outside is looked at, nothing is expanded.

    Raises:
        ServiceError: 422.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
    )
    part = f"its part {name}" if name else "it"
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        raise unreadable(kind, f"{part} is no valid XML{where}") from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None and list(info.internalDTD.entities()):
        raise unsafe("The file declares XML entities of its own, which are not read.")
    return root


def xml_bytes(root: Element) -> bytes:
    """As the file had it: encoding, declaration, what stands around the root."""
    info = root.getroottree().docinfo
    written: bytes = etree.tostring(
        root.getroottree(),
        encoding=info.encoding or "UTF-8",
        xml_declaration=True,
        # What a file does not say is False here, too.
        standalone=info.standalone or None,
    )
    return written


def xml_file_bytes(root: Element, before: bytes) -> bytes:
    """Of a file that is XML itself: with the mark and the line ends that it had."""
    written = xml_bytes(root)
    if b"\r\n" in before:
        written = written.replace(b"\n", b"\r\n")
    return codecs.BOM_UTF8 + written if before.startswith(codecs.BOM_UTF8) else written
