"""What the measurements' command lines have in common."""

from __future__ import annotations

import argparse


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """A parser whose help shows a module's docstring as it is written."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def add_pair(parser: argparse.ArgumentParser, *, concurrency: int) -> None:
    """Which languages, which model, how many requests at once."""
    parser.add_argument("--from", dest="source_lang", required=True)
    parser.add_argument("--to", dest="target_lang", required=True)
    parser.add_argument("--model")
    parser.add_argument("--concurrency", type=int, default=concurrency)
