"""The formats, by the ends of their files' names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from crosslate.service.documents.document import Document, ReadOptions
from crosslate.service.documents.formats.delimited import read_csv
from crosslate.service.documents.formats.docx import read_docx
from crosslate.service.documents.formats.epub import read_epub
from crosslate.service.documents.formats.gettext import read_po
from crosslate.service.documents.formats.json_strings import read_arb, read_json
from crosslate.service.documents.formats.opendocument import read_odp, read_odt
from crosslate.service.documents.formats.plain import read_html, read_markdown, read_plain
from crosslate.service.documents.formats.pptx import read_pptx
from crosslate.service.documents.formats.subtitles import read_srt, read_vtt
from crosslate.service.documents.formats.xliff import read_xliff
from crosslate.service.documents.formats.xlsx import read_xlsx
from crosslate.service.errors import ServiceError

Read = Callable[[bytes, ReadOptions], Document]

FORMATS: dict[str, Read] = {
    ".arb": read_arb,
    ".csv": read_csv,
    ".docx": read_docx,
    ".epub": read_epub,
    ".htm": read_html,
    ".html": read_html,
    ".json": read_json,
    ".markdown": read_markdown,
    ".md": read_markdown,
    ".odp": read_odp,
    ".odt": read_odt,
    ".po": read_po,
    ".pot": read_po,
    ".pptx": read_pptx,
    ".srt": read_srt,
    ".tsv": read_csv,
    ".txt": read_plain,
    ".vtt": read_vtt,
    ".xlf": read_xliff,
    ".xliff": read_xliff,
    ".xlsx": read_xlsx,
}
_WITH_MACROS = frozenset({".docm", ".dotm", ".xlsm", ".xltm", ".pptm", ".potm", ".ppsm"})
_OLD = {".doc": ".docx", ".xls": ".xlsx", ".ppt": ".pptx", ".rtf": ".docx"}


def read_document(name: str, data: bytes, options: ReadOptions) -> Document:
    """A file, by what its name ends in.

    Raises:
        ServiceError: 415 another kind of file; 422, 413 what the format's reader finds.
    """
    return reader_of(name)(data, options)


def reader_of(name: str) -> Read:
    """What reads files of a name; raises as `read_document`."""
    suffix = PurePath(name).suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    if suffix in _WITH_MACROS:
        raise _unsupported(
            f"Files with macros ({suffix}), which are programs, are refused: save it without them."
        )
    if suffix in _OLD:
        raise _unsupported(f"{suffix} is an old format: save the file as {_OLD[suffix]} and send that.")
    known = " ".join(sorted(FORMATS))
    what = f"The file's name ends in {suffix}" if suffix else "The file's name has no ending"
    raise _unsupported(f"{what}; what can be translated is {known}.")


def _unsupported(detail: str) -> ServiceError:
    return ServiceError("document_unsupported", detail)
