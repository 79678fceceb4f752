"""The commands about keys: making one, and showing what each has used."""

from __future__ import annotations

from typing import Annotated

import typer

from crosslate.service.commands.options import Config, Debug
from crosslate.service.terminal.console import UsageError, progress


def key(
    *,
    given: Annotated[
        bool, typer.Option("--hash", help="Hash the key on standard input instead of making one.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Make a key for a client, and the hash of it for the settings (auth.keys)."""
    from crosslate.service.auth.hashing import hash_key, new_key
    from crosslate.service.auth.settings import is_sendable

    secret = typer.get_text_stream("stdin").read().strip() if given else new_key()
    if not is_sendable(secret):
        raise UsageError("a key is printable ASCII without spaces, and not empty")
    if not given:
        typer.echo(f"key:      {secret}")
    typer.echo(f"key_hash: {hash_key(secret)}")


def usage(
    *,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", show_default=False, help="By default the present month, in UTC."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Show what each key has used in a month, in all replicas together."""
    from crosslate.service.settings.config_sources import load_settings
    from crosslate.service.store.periods import parse_month

    try:
        period = parse_month(month)
    except ValueError:
        raise UsageError(f"--month {month}: is not of the form YYYY-MM") from None
    settings = load_settings(config)
    with progress("Opening the store"):
        from crosslate.service.commands.usage_report import report_usage

        rows = report_usage(settings, period)
    if json:
        from pydantic import RootModel

        from crosslate.service.commands.usage_report import UsageRow

        typer.echo(RootModel[list[UsageRow]](rows).model_dump_json(indent=2))
    else:
        from crosslate.service.commands.tables import usage_table

        typer.echo(usage_table(rows))
        if not rows:
            typer.echo(f"No key is configured (auth.keys), and none was used in {period.begin}.", err=True)
