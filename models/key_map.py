"""Which of a checkpoint's tensors make up each of our parameters: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Zeros:
    """That many zeros, where a checkpoint has no tensor for a part of ours."""

    size: int


Part = str | Zeros
KeyMap = Mapping[str, tuple[Part, ...]]
"""Our parameter's name -> the foreign tensors that, one below the other, make it up."""
