"""The commands that are given a text: to translate it, and to summarize it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from crosslate.service.commands.options import Config, Debug, HardLinks, Json, Model
from crosslate.service.logs.printable import printable
from crosslate.service.terminal.console import UsageError, progress, read_text, write_text

if TYPE_CHECKING:
    from crosslate.service.pipeline.glossary.terms import GlossaryEntry
    from crosslate.service.pipeline.notices import Notice
    from crosslate.service.pipeline.summarization.types import SummaryResult
    from crosslate.service.pipeline.types import TranslationResult

AlignmentLevel = Literal["none", "links", "matrix", "symmetric", "full"]


def translate(
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT|FILE",
            show_default=False,
            help="The text, or a file; standard input if absent or -.",
        ),
    ] = None,
    *,
    target: Annotated[str, typer.Option("--to", metavar="LANG", help="The language to translate into.")],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="LANG", help="The language of the text; detected if absent or auto."),
    ] = None,
    model: Model = None,
    alignment: Annotated[
        AlignmentLevel,
        typer.Option(help="Also say which words came from which, as Pharaoh links; matrix and full as JSON."),
    ] = "none",
    hard_links: HardLinks = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False, help="Where a file's translation goes."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="Of a CSV file: only this column; may stand there more than once.",
        ),
    ] = None,
    path: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            show_default=False,
            help="Of a JSON file: only the strings at this path, such as items.*.text.",
        ),
    ] = None,
    glossary: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="What terms become: a term and its translation a line, as .csv or with a tab; or .tmx.",
        ),
    ] = None,
    json: Json = False,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Translate a text or a document in this process, without a server.

    An argument that is the name of a file is a document, if it ends as one of the formats does.
    """
    from crosslate.service.commands.document_command import is_document, translate_file
    from crosslate.service.pipeline.language.languages import named
    from crosslate.service.pipeline.types import TranslationRequest

    source = named(source)
    if hard_links is not None and alignment == "none":
        raise UsageError("--hard-links chooses among links: give --alignment links as well")
    terms = () if glossary is None else _terms(glossary, source, target)
    if text is not None and (output is not None or is_document(text)):
        _refuse("a text", "--alignment" if alignment != "none" else None, "--json" if json else None)
        translate_file(
            Path(text),
            output,
            TranslationRequest(text="", target_lang=target, source_lang=source, model=model, glossary=terms),
            columns=tuple(column or ()),
            paths=tuple(path or ()),
            config=config,
        )
        return
    given = {"--output": output, "--column": column, "--path": path}
    _refuse("a document, which a file's name is given for", *(name for name, value in given.items() if value))
    request = TranslationRequest(
        text=read_text(text),
        target_lang=target,
        source_lang=source,
        model=model,
        alignment=alignment,
        hard_links=hard_links,
        glossary=terms,
    )
    with progress("Starting") as report:
        from crosslate.service.loading import local

        result = local.translate(request, config, report)
    if json or alignment in {"matrix", "full"}:
        from crosslate.service.http.responses import TranslateAnswer

        typer.echo(TranslateAnswer.of([result]).model_dump_json(indent=2))
        return
    _write(result)
    if result.alignment is not None and result.text:
        typer.echo(result.alignment.pharaoh)


def _terms(path: Path, source: str | None, target: str) -> tuple[GlossaryEntry, ...]:
    from crosslate.service.glossaries.files import read_glossary

    file = read_glossary(path, source, target)
    _warn(file.notices)
    return tuple(file.entries)


def _refuse(of: str, *options: str | None) -> None:
    for option in options:
        if option is not None:
            raise UsageError(f"{option} is an option for {of}: leave it out here")


def summarize(
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT|FILE",
            show_default=False,
            help="The text, or a .txt, .md or .html file; standard input if absent or -.",
        ),
    ] = None,
    *,
    text_format: Annotated[
        Literal["text", "markdown", "html", "xml"] | None,
        typer.Option(
            "--format",
            show_default=False,
            help="Of the text, if a file's name does not tell it; the summary is plain text.",
        ),
    ] = None,
    length: Annotated[
        Literal["headline", "short", "medium", "long", "auto"],
        typer.Option(help="How long a summary; auto: as the model has it, more of a long text."),
    ] = "auto",
    query: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", show_default=False, help="What you want to know; for models that extract."
        ),
    ] = None,
    style: Annotated[
        Literal["prose", "bullets"], typer.Option(help="bullets: a line for each sentence.")
    ] = "prose",
    model: Model = None,
    alignment: Annotated[
        Literal["none", "sentences", "links", "matrix"],
        typer.Option(help="Also say which sentences each one rests on; links and matrix as JSON."),
    ] = "none",
    json: Json = False,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Summarize a text of any length in this process, without a server."""
    from crosslate.service.commands.document_command import is_document, read_prose
    from crosslate.service.pipeline.summarization.types import SummaryRequest

    if text is not None and text != "-" and is_document(text):
        read, named_format = read_prose(Path(text))
    else:
        read, named_format = read_text(text), "text"
    text_format = text_format or named_format
    request = SummaryRequest(
        text=read,
        text_format=text_format,
        model=model,
        length=length,
        query=query,
        style=style,
        alignment=alignment,
    )
    with progress("Starting") as report:
        from crosslate.service.loading import local

        result = local.summarize(request, config, report)
    if json or alignment in {"links", "matrix"}:
        from crosslate.service.http.summary_responses import SummarizeAnswer

        typer.echo(SummarizeAnswer.of([result]).model_dump_json(indent=2))
        return
    _write(result)
    if result.alignment is not None:
        from crosslate.service.commands.tables import sentence_list
        from crosslate.service.pipeline.layout.readable import read_as_plain

        seen = read_as_plain(request.text, text_format).plain
        typer.echo(sentence_list(result.alignment, seen, result.text))


def _write(result: TranslationResult | SummaryResult) -> None:
    """The text alone on standard output."""
    write_text(result.text)
    _warn(result.warnings)


def _warn(notices: Iterable[Notice]) -> None:
    for warning in notices:
        typer.echo(f"crosslate: warning: {printable(warning.message)}", err=True)
