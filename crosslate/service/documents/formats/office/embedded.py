"""Files inside of office files: tables behind charts, chunks to insert, objects of other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from lxml.etree import _Element as Element

from crosslate.service.documents.document import ReadOptions, objects_stay, too_large
from crosslate.service.documents.formats.common.units import Nested
from crosslate.service.documents.formats.ooxml.office_file import OfficeFile, related
from crosslate.service.documents.formats.spreadsheets.xlsx import read_xlsx
from crosslate.service.documents.formats.web.plain import read_html, read_plain
from crosslate.service.documents.package import MAX_UNPACKED_BYTES, Package
from crosslate.service.errors import ServiceError

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_READ = {
    ".xlsx": read_xlsx,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".txt": read_plain,
}


def read_embedded(file: OfficeFile, options: ReadOptions) -> None:
    """The tables behind charts, so that whoever edits a chart finds it as it is shown; all else is told.

    Raises:
        ServiceError: 413, they are too much together.
    """
    names = [name for name in file.package.names if "/embeddings/" in name and not name.endswith("/")]
    tables = [name for name in names if PurePath(name).suffix.lower() == ".xlsx"]
    _check_sizes(file, tables)
    left = [name for name in names if name not in tables]
    left += [name for name in tables if not _is_read(file, name, options)]
    if left:
        file.notices.append(objects_stay(len(left)))


def read_chunks(file: OfficeFile, name: str, root: Element, options: ReadOptions) -> None:
    """What Word is to put in the place of `altChunk` when it opens the file."""
    chunks = [one.get(f"{_R}id") for one in root.iter("{*}altChunk")]
    if not chunks:
        return
    targets = dict(related(file.package, name))
    left = sum(1 for one in chunks if not _is_read(file, targets.get(one or "", ""), options))
    if left:
        file.notices.append(
            f"Inserted files that Word has not read yet are as they were ({left}): open the document in "
            "Word, and save it again."
        )


def _is_read(file: OfficeFile, name: str, options: ReadOptions) -> bool:
    read = _READ.get(PurePath(name).suffix.lower())
    if read is None or not file.package.has(name):
        return False
    try:
        inner = read(file.package.read(name), options)
    except ServiceError:  # one that is protected or damaged costs the others nothing
        return False
    file.notices += inner.notices
    file.units.append(Nested(inner, _keeper(file, name)))
    return True


def _keeper(file: OfficeFile, name: str) -> Callable[[bytes], None]:
    def keep(data: bytes) -> None:
        file.changed[name] = data

    return keep


def _check_sizes(file: OfficeFile, tables: list[str]) -> None:
    total = file.package.unpacked_bytes
    for name in tables:
        try:
            total += Package(file.package.read(name), ".xlsx").unpacked_bytes
        except ServiceError:  # told when it is read
            continue
        if total > MAX_UNPACKED_BYTES:
            raise too_large(
                f"The file and the tables in it have more than {MAX_UNPACKED_BYTES // 1024**2} MiB when "
                "unpacked."
            )
