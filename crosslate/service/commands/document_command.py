"""What `crosslate translate FILE` does, and how `crosslate summarize FILE` reads one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from crosslate.service.logs.printable import printable
from crosslate.service.terminal.console import CommandError, UsageError, check_writable, progress

if TYPE_CHECKING:
    from crosslate.service.pipeline.types import TextFormat, TranslationRequest

_MAX_SHOWN = 20
"""Warnings, of which a long document may have hundreds."""


_PROSE: dict[str, TextFormat] = {
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
}
_OTHER_DOCUMENTS = re.compile(
    r"\.(adoc|ass|azw3|djvu|do[ct]m?|dotx|gif|jpe?g|log|mobi|od[gs]|ott|pages|pdf|png|p[op]tm|potx|pps[mx]|ppt"
    r"|properties|resx|rst|rtf|ssa|strings|tex|tiff?|tmx|webp|wpd|wps|xls|xl[st]m|xltx|xml|xps|ya?ml)"
)
"""What a file's name ends in that cannot be translated here, and a text's one word does not."""
_FILE_NAME = re.compile(r"\S+\.[A-Za-z]{2,8}")
"""What is rather a file's name than a text, if the ending is a format's or there is such a file."""


def is_document(argument: str) -> bool:
    """Whether an argument names a file, and is no text; of a format that is not known, its reader says so.

    Raises:
        CommandError: it is the name of a document, but there is none, or the path of a folder.
    """
    path = Path(argument)
    from crosslate.service.documents.formats.registry import FORMATS

    is_of_known_format = path.suffix.lower() in FORMATS
    try:
        if path.is_file():
            return is_of_known_format or _FILE_NAME.fullmatch(argument) is not None
        if "/" in argument and path.is_dir():
            raise CommandError(f"{argument} is a folder: name a file in it")
    except (OSError, ValueError):
        return False  # too long for a name, say
    is_of_some_format = is_of_known_format or _OTHER_DOCUMENTS.fullmatch(path.suffix.lower()) is not None
    if is_of_some_format and _FILE_NAME.fullmatch(argument):
        raise CommandError(
            f"there is no file {argument}; if that is the text itself, send it on standard input"
        )
    return False


def read_prose(path: Path) -> tuple[str, TextFormat]:
    """What a file to summarize says, and the format that its name tells.

    Raises:
        CommandError: it is of another kind.
        ServiceError: it is no text.
    """
    from crosslate.service.documents.encoding import read_text

    text_format = _PROSE.get(path.suffix.lower())
    if text_format is None:
        names = " ".join(_PROSE)
        raise CommandError(f"{path} is none of {names}: send the text in it on standard input")
    file = read_text(path.read_bytes(), path.suffix)
    for notice in file.notices:
        typer.echo(f"crosslate: warning: {notice}", err=True)
    return file.text, text_format


def translate_file(
    path: Path,
    output: Path | None,
    request: TranslationRequest,
    *,
    columns: tuple[str, ...],
    paths: tuple[str, ...],
    config: Path | None,
) -> None:
    """Write a document's translation beside it, or where `output` says.

    Raises:
        UsageError: the translation would take the document's place, or is named as what it is not.
        CommandError: it cannot be written, or the document is not there.
    """
    from crosslate.service.documents.document import ReadOptions
    from crosslate.service.documents.formats.registry import may_be_called
    from crosslate.service.loading import local

    if not path.is_file():
        raise CommandError(f"--output is for the translation of a file, and there is no file {path}")
    target = output or path.with_name(f"{path.stem}.{request.target_lang}{path.suffix}")
    if target.absolute() == path.absolute():
        raise UsageError(f"--output {target}: is the document itself; name another file")
    if not may_be_called(target.name, path.name):
        raise UsageError(f"--output {target}: the translation of a {path.suffix} file is one, too")
    check_writable(target, "name another file with --output")
    options = ReadOptions(
        target_lang=request.target_lang, source_lang=request.source_lang, columns=columns, paths=paths
    )
    with progress("Starting") as report:
        file = local.DocumentFile(path=path, output=target, options=options)
        told = local.translate_document(file, request, config, report)
    notices = told.notices
    for notice in notices[:_MAX_SHOWN]:
        where = f"{notice.place}: " if notice.place else ""
        typer.echo(f"crosslate: warning: {printable(where + notice.message)}", err=True)
    if len(notices) > _MAX_SHOWN:
        typer.echo(f"crosslate: and {len(notices) - _MAX_SHOWN} more warnings", err=True)
    if (terms := told.terms) is not None:
        typer.echo(f"crosslate: {terms.enforced} of {terms.found} terms are as in the glossary", err=True)
    typer.echo(str(target))
