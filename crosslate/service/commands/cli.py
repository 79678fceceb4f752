"""The `crosslate` command. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import io
import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from crosslate.service.commands.align_command import align
from crosslate.service.commands.calibrate_command import calibrate
from crosslate.service.commands.key_commands import key, usage
from crosslate.service.commands.options import MODEL_HELP, Config, Debug, Json, example
from crosslate.service.commands.text_commands import summarize, translate
from crosslate.service.process.garbage import collect_seldom
from crosslate.service.terminal.console import LOG_KEY, CommandError, ReportingGroup, progress

app = typer.Typer(
    name="crosslate",
    cls=ReportingGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=example('crosslate translate "Hello world" --to pt', "crosslate serve"),
)


def _version() -> str:
    from importlib.metadata import version

    return version("crosslate")


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"crosslate {_version()}")
        raise typer.Exit


@app.callback()
def crosslate(
    *,
    debug: Debug = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Translate and summarize with encoder-decoder models, and see which words came from which."""


@app.command(
    short_help="Serve models over HTTP until interrupted.",
    epilog=example(
        "crosslate serve",
        "crosslate serve starter/en-pt --port 8080",
        "crosslate serve --config crosslate.yaml",
        "crosslate serve --pairs de-en,en-de",
    ),
)
def serve(
    ctx: typer.Context,
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL", show_default=False, help="What to serve; the starter models if absent."
        ),
    ] = None,
    *,
    pairs: Annotated[
        str | None,
        typer.Option(
            metavar="PAIRS", show_default=False, help="Models of the catalogue for these pairs: de-en,en-de."
        ),
    ] = None,
    config: Config = None,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="What to listen on.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=1, max=65535, help="Port to listen on.", show_default=False),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Download no models: they must be on this machine.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Serve models over HTTP until interrupted; then finish what is under way."""
    from crosslate.service.terminal.stages import Stages

    stages = Stages(f"Starting Crosslate {_version()}")
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when the library is imported, here and in replicas
    from crosslate.service.settings.config_sources import load_settings

    listening = {"host": host, "port": port}
    given: dict[str, object] = {key: value for key, value in listening.items() if value is not None}
    load = partial(load_settings, config, given, models=models or [])
    settings = load()
    from crosslate.service.terminal.serve_log import ServeLog

    log = ctx.meta[LOG_KEY] = ServeLog(settings.log)
    stages.tell(log)
    with log.telling_of_stop():
        if pairs is not None:
            from crosslate.service.commands.pair_options import models_of_pairs

            stages.enter("Looking for the models")
            found = models_of_pairs(pairs, models or [], partial(log.say, "pairs"), offline=offline)
            load = partial(load_settings, config, {**given, "models": found}, models=[])
            settings = load()
        from crosslate.service.deployment.deployment import run

        run(settings, load, stages, log)


app.command(
    short_help="Translate a text or a document, without a server.",
    epilog=example(
        'crosslate translate "The black cat sleeps." --to pt',
        "crosslate translate --from pt --to en < carta.txt",
        'crosslate translate "Good morning" --to pt --alignment links',
        "crosslate translate letter.docx --to pt",
    ),
)(translate)
app.command(
    short_help="Summarize a text of any length, without a server.",
    epilog=example(
        "crosslate summarize article.txt --length short",
        "crosslate summarize --alignment sentences < article.txt",
        "crosslate summarize page.html",
    ),
)(summarize)
app.command(
    short_help="Say which words of a translation came from which.",
    epilog=example(
        'crosslate align "The black cat" "O gato preto" --from en --to pt',
        'crosslate align "The cat" "O gato" --from en --to pt --plot cat.svg',
        "crosslate align --pairs pairs.txt --from en --to pt > links.txt",
    ),
)(align)


app.command(
    short_help="Find which attention of a model shows its word links.",
    epilog=example(
        "crosslate calibrate ./en-de --reverse ./de-en --pairs sentences.tsv",
        "crosslate calibrate ./nllb --from en --to pt --pairs sentences.tsv",
        "crosslate calibrate starter/en-pt --pairs sentences.txt -o alignment.json",
    ),
)(calibrate)


@app.command(
    short_help="List models: what is configured, or what serves a pair.",
    epilog=example(
        "crosslate models", "crosslate models --config crosslate.yaml --json", "crosslate models --for de-en"
    ),
)
def models(
    *,
    pair: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="PAIR", show_default=False, help="List instead what translates this: de-en."
        ),
    ] = None,
    json: Json = False,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """List what is configured or found, then the families that are supported."""
    if pair is not None:
        from crosslate.service.commands.pair_options import list_models_for

        list_models_for(pair, as_json=json)
        return
    with progress("Starting PyTorch") as report:
        from crosslate.service.loading import local

        summaries = list(local.summarize_models(local.settings_for(config, None), report))
    if json:
        from pydantic import RootModel

        typer.echo(RootModel[list[local.ModelSummary]](summaries).model_dump_json(indent=2))
    else:
        from crosslate.models.families.supported import supported_families
        from crosslate.service.commands.columns import terminal_width
        from crosslate.service.commands.tables import family_table, model_table

        width = terminal_width()
        typer.echo(f"{model_table(summaries, width)}\n\n{family_table(supported_families(), width)}")


@app.command(
    epilog=example(
        "crosslate bench",
        "crosslate bench starter/pt-en --workers 1 --texts 100",
        "crosslate bench starter/summarize-en",
    )
)
def bench(
    model: Annotated[str | None, typer.Argument(metavar="MODEL", show_default=False, help=MODEL_HELP)] = None,
    *,
    workers: Annotated[
        list[int],
        typer.Option(
            metavar="N", min=1, help="How many texts are under way at a time; give it several times."
        ),
    ] = [1, 16, 64],  # noqa: B006  (typer reads it and never changes it)
    texts: Annotated[
        int | None, typer.Option(metavar="N", min=1, show_default=False, help="How many in each round.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--input", metavar="FILE", help="Your own texts, one a line.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="LANG", show_default=False, help="For a model of several pairs."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--to", metavar="LANG", show_default=False, help="For a model of several pairs."),
    ] = None,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Measure the throughput and latency of a model on this machine."""
    with progress("Starting PyTorch") as report:
        from crosslate.service.commands.bench import Plan, run

        plan = Plan(source=source, target=target, num_workers=tuple(workers), num_texts=texts, file=file)
        benchmark = run(plan, model, config, report)
    from crosslate.service.commands.tables import measurement_table

    typer.echo(benchmark.header)
    typer.echo(measurement_table(benchmark))


@app.command(
    short_help="Check installation, devices, models, port and Ray.",
    epilog=example("crosslate doctor", "crosslate doctor --quick --config crosslate.yaml"),
)
def doctor(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Do not start Ray.")] = False,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Check the installation, devices, model files, port and Ray, and say how to mend each thing."""
    from crosslate.service.commands.columns import hanging, terminal_width
    from crosslate.service.commands.doctor import checked, examine
    from crosslate.service.settings.config_sources import load_settings

    failed = []
    for name, check in examine(load_settings(config), start_ray=not quick):
        with progress(f"Checking {name}"):
            finding = checked(check)
        typer.echo(hanging(finding.line(name), " " * 6, terminal_width()))
        if finding.status == "fail":
            failed.append(name)
    if failed:
        raise CommandError(f"to be mended: {', '.join(failed)}")


app.command(
    short_help="Make a key for a client, and its hash for the settings.",
    epilog=example("crosslate key", "printf %s OLD-KEY | crosslate key --hash"),
)(key)
app.command(
    short_help="Show what each key has used in a month.",
    epilog=example("crosslate usage", "crosslate usage --month 2026-11 --json"),
)(usage)


def main() -> None:
    """Entry point of the console script."""
    # As replicas have it. Read when torch is imported: its threads would wait for work by spinning otherwise,
    # which was a third of what one short text took on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    collect_seldom()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    app()
