"""What `crosslate models --for` prints, and what `crosslate serve --pairs` serves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import typer

from crosslate.service.commands.columns import terminal_width
from crosslate.service.commands.known_models import (
    ELSEWHERE,
    KnownModel,
    check_reach,
    choose,
    models_for,
    read_pairs,
    settings_of,
)
from crosslate.service.commands.tables import known_table
from crosslate.service.terminal.console import CommandError


def list_models_for(text: str, *, as_json: bool) -> None:
    """Print the catalogue's models for some pairs.

    Raises:
        CommandError: there is none for a pair.
    """
    known = []
    for pair in read_pairs(text):
        found = models_for(pair)
        if not found:
            raise CommandError(f"no model of the catalogue translates {pair}: {ELSEWHERE}")
        known += found
    if not as_json:
        typer.echo(known_table(known, terminal_width()))
        return
    rows = [
        {
            "id": model.id,
            "pair": [model.pair.source, model.pair.target],
            "size_bytes": model.entry.size_bytes,
            "license": model.entry.license,
            "non_commercial": model.entry.is_non_commercial,
            "quality": model.score,
            "fetch_from": model.entry.fetch_from,
            "loaded_here": model.entry.loaded_here,
        }
        for model in known
    ]
    typer.echo(json.dumps(rows, indent=2))


def models_of_pairs(
    text: str, others: Sequence[str], say: Callable[[str], None], *, offline: bool
) -> list[dict[str, Any]]:
    """What to serve, said before anything is downloaded; then what else was named.

    Raises:
        CommandError: there is no model for a pair, or it cannot be had.
    """
    chosen = choose(read_pairs(text))
    for model in chosen:
        facts = ", ".join(filter(None, (model.size, model.license)))
        say(f"{model.id} for {model.pair}: {facts}")
        if model.entry.is_non_commercial:
            say(f"Warning: {model.license} forbids commercial use of {model.id}.")
    missing = check_reach(chosen, offline=offline or bool(os.environ.get("HF_HUB_OFFLINE")))
    if missing:
        names = ", ".join(model.id for model in missing)
        say(f"To be downloaded first: {names}{_amount(missing)}.")
    settings = settings_of(chosen)
    named = {one["id"] for one in settings}
    return [*settings, *({"id": name} for name in dict.fromkeys(others) if name not in named)]


def _amount(models: Sequence[KnownModel]) -> str:
    """What is known of how much that is, to stand after their names."""
    sizes = [model.entry.size_bytes for model in models]
    total = sum(size for size in sizes if size is not None)
    if not total:
        return " (how large is not known)"
    return f", {'more than' if None in sizes else 'about'} {total / 1e6:,.0f} MB"
