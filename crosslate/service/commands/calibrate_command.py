"""What `crosslate calibrate` takes and prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crosslate.service.commands.options import MODEL_HELP, Config, Debug
from crosslate.service.logs.printable import printable
from crosslate.service.terminal.console import progress

if TYPE_CHECKING:
    from crosslate.service.calibration.run import Calibration


def calibrate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)],
    *,
    pairs: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="A sentence, a tab and its translation in each line; or sentences alone, which the model"
            " then translates.",
        ),
    ],
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="LANG", show_default=False, help="Read from; for a model of several pairs."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="LANG", show_default=False, help="Written in; for a model of several pairs."
        ),
    ] = None,
    reverse: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            show_default=False,
            help="A model of the opposite direction: two tell more than one.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            show_default=False,
            help="Where alignment.json goes; beside the model's files if absent.",
        ),
    ] = None,
    at_most: Annotated[
        int, typer.Option(min=10, metavar="N", help="Pairs to read, taken from the whole file.")
    ] = 200,
    report_heads: Annotated[
        bool, typer.Option("--report", help="Say of every head how widely it looks, and how well it links.")
    ] = False,
    silence: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="With --report: pairs to read without each head, for what the model loses; 0: none.",
        ),
    ] = 20,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Find which attention of a translation model shows its word links, and write it beside the model.

    Nobody's links are needed: it goes by whether both directions agree, and by names, numbers and marks that
    stand in both texts.
    """
    with progress("Starting PyTorch") as report:
        from crosslate.service.calibration.run import Plan, calibrate

        plan = Plan(
            model=model,
            pairs=pairs,
            source=source,
            target=target,
            reverse=reverse,
            output=output,
            at_most=at_most,
            num_silencing=silence if report_heads else 0,
        )
        found = calibrate(plan, config, report)
    from crosslate.service.commands.columns import hanging, terminal_width

    typer.echo(hanging(_told(found), "", terminal_width()))
    if report_heads:
        from crosslate.service.calibration.heads import summarize_heads
        from crosslate.service.commands.tables import head_table

        heads = summarize_heads(found.readings.forward, found.choice.judged, found.lost)
        typer.echo(f"\n{head_table(heads)}")


def _told(found: Calibration) -> str:
    from crosslate.service.commands.tables import candidate_table

    choice = found.choice
    read = len(found.readings.forward)
    of_file = f" of {found.num_given}" if found.num_given > read else ""
    left_out = f", {found.num_left_out} left out as too long or without words" if found.num_left_out else ""
    against = "without a model that translates back" if found.reverse is None else f"against {found.reverse}"
    models = printable(f"{found.model}, {' to '.join(found.pair)}, {against}")
    return "\n".join(
        [
            f"{models}: {read} pairs{of_file}{left_out}, {choice.num_copies} copied words",
            "",
            candidate_table(choice),
            "",
            _verdict(found),
            _of_encoder(found),
            f"Written to {printable(str(found.path))}",
        ]
    )


def _of_encoder(found: Calibration) -> str:
    encoder, scale = found.encoder, found.config.encoder_scale
    shares = f"agrees on {encoder.agreement:.0%} of the words and links {encoder.copies:.0%} of the copies"
    use = "is not used" if scale is None else f"stands in for a model that translates back (scale {scale:g})"
    return f"The encoder, reading both texts, {shares}: it {use}."


def _verdict(found: Calibration) -> str:
    choice = found.choice
    if choice.best.candidate == choice.today.candidate:
        return "Today's choice is the best."
    is_changed = choice.chosen != choice.today.candidate
    return (
        f"The best is better than today's in {choice.certainty:.0%} of the samples drawn from the pairs"
        + ("." if is_changed else ": not sure enough to change it.")
    )
