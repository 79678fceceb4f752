"""Files of sentence pairs: one pair a line, as programs for word alignment take them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import typer

from crosslate.service.errors import ToldError

_TAB, _BARS = "\t", "|||"


class PairError(ToldError):
    """A line that is no pair; the message says why, and never what stands there."""


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file by its name, or standard input for `-`."""
    if name != "-":
        with open(name, "rb") as file:  # noqa: PTH123  (one of /dev/fd, too)
            yield file
        return
    if sys.stdin.isatty():
        typer.echo("Reading pairs from standard input; end them with Ctrl-D.", err=True)
    yield sys.stdin.buffer


def read_pair_lines(lines: Iterable[bytes]) -> Iterator[tuple[str, str] | PairError]:
    """A pair, or what is wrong with it, for each line.

    A tab stands between the texts, or, in a line without one, three bars, as fast_align and its like have it.
    """
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            yield PairError(f"is not in UTF-8: see its byte {error.start}")
            continue
        yield _pair(text)


def _pair(text: str) -> tuple[str, str] | PairError:
    between = _TAB if _TAB in text else _BARS
    texts = [part.strip() for part in text.split(between)]
    if len(texts) != 2:
        return PairError(
            "needs a text and its translation with a tab or ||| between, once"
            if text.strip()
            else "is empty: it needs a text and its translation"
        )
    if not all(texts):
        return PairError("has no text" if not texts[0] else "has no translation")
    return texts[0], texts[1]
