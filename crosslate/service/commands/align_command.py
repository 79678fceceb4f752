"""`crosslate align`: which words of a text and of its translation belong together, of one pair or of many."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from crosslate.service.commands.options import Config, Debug, HardLinks, Json, Model
from crosslate.service.errors import ServiceError, ToldError
from crosslate.service.logs.printable import printable
from crosslate.service.terminal.console import UsageError, check_writable, progress, read_text, write_text

if TYPE_CHECKING:
    from crosslate.service.pipeline.types import AlignmentResult, AlignRequest


def align(
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE", show_default=False, help="A text.")
    ] = None,
    target: Annotated[
        str | None, typer.Argument(metavar="TARGET", show_default=False, help="Its translation.")
    ] = None,
    *,
    source_lang: Annotated[str, typer.Option("--from", metavar="L", help="The language of the text.")],
    target_lang: Annotated[str, typer.Option("--to", metavar="L", help="The language of the translation.")],
    pairs: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Many pairs instead, one a line, with a tab or ||| between; - for standard input.",
        ),
    ] = None,
    model: Model = None,
    alignment: Annotated[
        Literal["links", "matrix", "symmetric", "full"],
        typer.Option(help="One direction, or both; matrix and full print JSON."),
    ] = "links",
    hard_links: HardLinks = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the map instead, as FILE.png or FILE.svg.")
    ] = None,
    json: Json = False,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Say which words of a translation came from which words of its source."""
    from crosslate.service.pipeline.types import AlignRequest

    _check(source, target, pairs, plot)
    image_format = None if plot is None else _image_format(plot)
    if plot is not None:
        check_writable(plot, "name another file")
    draws_map = plot is not None and alignment == "links" and hard_links is None
    request = AlignRequest(
        source="" if source is None else read_text(source),
        target="" if target is None else read_text(target),
        source_lang=source_lang,
        target_lang=target_lang,
        model=model,
        alignment="matrix" if draws_map else alignment,
        hard_links=hard_links,
        is_drawn=plot is not None,
    )
    as_json = json or alignment in {"matrix", "full"}
    if pairs is not None:
        _align_pairs(pairs, request, config, as_json=as_json)
        return
    with progress("Starting") as report:
        from crosslate.service.loading import local

        model_id, result = local.align(request, config, report)
        if plot is not None and image_format is not None:
            from crosslate.models.whole_file import write_whole
            from crosslate.service.pipeline.alignment.render import draw_alignment

            report("Drawing")
            write_whole(plot, draw_alignment(result, request.source, request.target, image_format))
    if as_json:
        from crosslate.service.http.responses import AlignAnswer

        typer.echo(AlignAnswer.of(model_id, result).model_dump_json(indent=2))
    elif plot is None:
        typer.echo(result.pharaoh)


def _check(source: str | None, target: str | None, pairs: str | None, plot: Path | None) -> None:
    if pairs is None:
        if source is None or target is None:
            raise UsageError("give a text and its translation, or a file of them: --pairs FILE")
    elif source is not None:
        raise UsageError("--pairs has the texts: leave SOURCE and TARGET out")
    elif plot is not None:
        raise UsageError("--plot draws one pair: give it as SOURCE and TARGET")


def _align_pairs(name: str, like: AlignRequest, config: Path | None, *, as_json: bool) -> None:
    """A line of output for each of the file, in order: empty, or in JSON an error, for one at fault."""
    from crosslate.service.commands.pair_lines import PairError, opened, read_pair_lines
    from crosslate.service.loading import local

    num_faults = 0
    with opened(name) as file:
        asked = (
            line if isinstance(line, PairError) else replace(like, source=line[0], target=line[1])
            for line in read_pair_lines(file)
        )
        with progress("Starting") as report:
            found = local.align_all(asked, like, config, report)
            first = next(found, None)
        with closing(found):
            for number, one in enumerate(chain([] if first is None else [first], found), start=1):
                if isinstance(one, Exception):
                    num_faults += 1
                    typer.echo(f"crosslate: line {number}: {printable(str(one))}", err=True)
                write_text(_line(one, as_json=as_json) + "\n")
    if num_faults:
        raise typer.Exit(1)


def _line(found: tuple[str, AlignmentResult] | ServiceError | ToldError, *, as_json: bool) -> str:
    if isinstance(found, tuple):
        if not as_json:
            return found[1].pharaoh
        from crosslate.service.http.responses import AlignAnswer

        return AlignAnswer.of(*found).model_dump_json()
    if not as_json:
        return ""
    from json import dumps

    return dumps({"error": str(found)}, ensure_ascii=False)


def _image_format(path: Path) -> Literal["png", "svg"]:
    match path.suffix.lower():
        case ".png":
            return "png"
        case ".svg":
            return "svg"
    raise UsageError(f"--plot {path}: the name must end in .png or .svg")
