"""The formats, by the ends of their files' names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from crosslate.service.documents.document import Document, ReadOptions
from crosslate.service.documents.formats.localization.android import read_android_resources
from crosslate.service.documents.formats.localization.apple_strings import read_strings
from crosslate.service.documents.formats.localization.fluent import read_ftl
from crosslate.service.documents.formats.localization.gettext import read_po
from crosslate.service.documents.formats.localization.json_strings import read_arb, read_json
from crosslate.service.documents.formats.localization.properties import read_properties
from crosslate.service.documents.formats.localization.qt import read_qt
from crosslate.service.documents.formats.localization.rails import read_rails
from crosslate.service.documents.formats.localization.resx import read_resx
from crosslate.service.documents.formats.localization.string_catalog import read_xcstrings
from crosslate.service.documents.formats.localization.stringsdict import read_stringsdict
from crosslate.service.documents.formats.localization.xliff import read_xliff
from crosslate.service.documents.formats.office.docx import read_docx
from crosslate.service.documents.formats.office.pptx import read_pptx
from crosslate.service.documents.formats.opendocument.opendocument import read_odp, read_ods, read_odt
from crosslate.service.documents.formats.spreadsheets.delimited import read_csv
from crosslate.service.documents.formats.spreadsheets.xlsx import read_xlsx
from crosslate.service.documents.formats.subtitles.subtitles import (
    read_ass,
    read_sbv,
    read_srt,
    read_ttml,
    read_vtt,
)
from crosslate.service.documents.formats.web.epub import read_epub
from crosslate.service.documents.formats.web.plain import read_html, read_markdown, read_plain
from crosslate.service.errors import FieldError, ServiceError, malformed

Read = Callable[[bytes, ReadOptions], Document]

FORMATS: dict[str, Read] = {
    ".arb": read_arb,
    ".ass": read_ass,
    ".csv": read_csv,
    ".dfxp": read_ttml,
    ".docx": read_docx,
    ".dotx": read_docx,
    ".epub": read_epub,
    ".ftl": read_ftl,
    ".htm": read_html,
    ".html": read_html,
    ".json": read_json,
    ".markdown": read_markdown,
    ".md": read_markdown,
    ".odp": read_odp,
    ".ods": read_ods,
    ".odt": read_odt,
    ".otp": read_odp,
    ".ots": read_ods,
    ".ott": read_odt,
    ".po": read_po,
    ".pot": read_po,
    ".potx": read_pptx,
    ".ppsx": read_pptx,
    ".pptx": read_pptx,
    ".properties": read_properties,
    ".resx": read_resx,
    ".sbv": read_sbv,
    ".srt": read_srt,
    ".ssa": read_ass,
    ".strings": read_strings,
    ".stringsdict": read_stringsdict,
    ".ts": read_qt,
    ".tsv": read_csv,
    ".ttml": read_ttml,
    ".txt": read_plain,
    ".vtt": read_vtt,
    ".xcstrings": read_xcstrings,
    ".xlf": read_xliff,
    ".xliff": read_xliff,
    ".xlsx": read_xlsx,
    ".xltx": read_xlsx,
    ".xml": read_android_resources,
    ".yaml": read_rails,
    ".yml": read_rails,
}
_WITH_MACROS = frozenset({".docm", ".dotm", ".xlsm", ".xltm", ".pptm", ".potm", ".ppsm"})
_CHOOSING = {"columns": frozenset({".csv", ".tsv"}), "paths": frozenset({".json"})}
"""Options that choose a part of a file, and the files that have such parts."""
_ALIKE = (
    {".csv", ".tsv"},
    {".dfxp", ".ttml"},
    {".htm", ".html"},
    {".markdown", ".md"},
    {".po", ".pot"},
    {".xlf", ".xliff"},
    {".yaml", ".yml"},
)
"""Endings of files that are the same inside."""
_SAVED_AS = {
    **dict.fromkeys((".doc", ".rtf", ".pages", ".wpd", ".wps", ".hwp"), ".docx"),
    **dict.fromkeys((".xls", ".xlsb", ".numbers"), ".xlsx"),
    **dict.fromkeys((".ppt", ".pps", ".key"), ".pptx"),
    **{".fodt": ".odt", ".fods": ".ods", ".fodp": ".odp", ".mobi": ".epub", ".azw3": ".epub"},
}
"""As what files that are not read can be saved, in the programs that they are of."""
_PDF = ".pdf"


def read_document(name: str, data: bytes, options: ReadOptions) -> Document:
    """A file, by what its name ends in.

    Raises:
        ServiceError: 415 another kind of file; 422 an option that is for others; 422, 413 what the format's
            reader finds.
    """
    read = reader_of(name)
    _check_options(_suffix(name), options)
    return read(data, options)


def may_be_called(output: str, name: str) -> bool:
    """Whether the translation of a file may have this name: one that does not say another format."""
    suffix = _suffix(output)
    is_telling = suffix in FORMATS or suffix in _WITH_MACROS or suffix in _SAVED_AS or suffix == _PDF
    # The reader of documents reads templates, too, which programs know by their endings.
    own = _suffix(name)
    return not is_telling or suffix == own or any({suffix, own} <= alike for alike in _ALIKE)


def reader_of(name: str) -> Read:
    """What reads files of a name; raises as `read_document`."""
    suffix = _suffix(name)
    if suffix in FORMATS:
        return FORMATS[suffix]
    if suffix in _WITH_MACROS:
        raise _unsupported(
            f"Files with macros ({suffix}), which are programs, are refused: save it without them."
        )
    if suffix in _SAVED_AS:
        raise _unsupported(f"{suffix} is not read: save the file as {_SAVED_AS[suffix]} and send that.")
    if suffix == _PDF:
        raise _unsupported(
            "A .pdf file says where letters stand, and not which are a sentence: send the file that it was "
            "made from, or open it in a word processor and save it as .docx."
        )
    known = " ".join(sorted(FORMATS))
    what = f"The file's name ends in {suffix}" if suffix else "The file's name has no ending"
    raise _unsupported(f"{what}; what can be translated is {known}.")


def _suffix(name: str) -> str:
    return PurePath(name).suffix.lower()


def _check_options(suffix: str, options: ReadOptions) -> None:
    given = {"columns": options.columns, "paths": options.paths}
    faults = [
        FieldError(("body", option), f"is for {' and '.join(sorted(_CHOOSING[option]))} only, not {suffix}")
        for option, values in given.items()
        if values and suffix not in _CHOOSING[option]
    ]
    if faults:
        raise malformed(tuple(faults))


def _unsupported(detail: str) -> ServiceError:
    return ServiceError("document_unsupported", detail)
