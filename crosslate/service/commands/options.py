"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from crosslate.service.terminal.console import remember_debug

MODEL_HELP = "A configured model, Hugging Face Hub id, local folder or starter name."

Debug = Annotated[
    bool,
    typer.Option("--debug", callback=remember_debug, help="Show the traceback of a failure.", is_eager=True),
]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="YAML settings; see CROSSLATE_CONFIG.")
]
Model = Annotated[str | None, typer.Option("--model", metavar="M", show_default=False, help=MODEL_HELP)]
Json = Annotated[bool, typer.Option("--json", help="Print the JSON that the HTTP API would answer.")]

HardLinks = Annotated[
    Literal["free", "monotone"] | None,
    typer.Option(
        show_default=False,
        help="Link each word of the translation to one word or none; monotone: without going back.",
    ),
]


def example(*commands: str) -> str:
    """The last part of a command's help; the control character keeps its line breaks."""
    return "\n".join(["\b", "Example:", *(f"  {command}" for command in commands)])
