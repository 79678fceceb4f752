"""Which of a checkpoint's tensors make up each of our parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_LAYER = re.compile(r"\.(\d+)\.")
_SEVERAL = re.compile(r"(.*)\{(.*)\}(.*)")


@dataclass(frozen=True, slots=True)
class Zeros:
    """That many zeros, where a checkpoint has no tensor for a part of ours."""

    size: int


Part = str | Zeros
KeyMap = Callable[[str], tuple[Part, ...]]
"""Our parameter's name -> the foreign tensors that, one below the other, make it up."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """A `KeyMap` by rules, ours -> theirs: `"encoder.layers.*.cross.kv": "enc.*.{key,value}"`.

    `*` is the layer's number, a second one that of an expert in it, and what stands in braces are several
    tensors. A rule is for a module, whose weight and bias have the same names on both sides, or for a single
    parameter.
    """

    rules: Mapping[str, str]
    first_layer: int = 0
    """What they call the first one."""

    def __call__(self, name: str) -> tuple[str, ...]:
        """Raises `KeyError` where there is no rule."""
        ours = _LAYER.sub(".*.", name)
        module, _, kind = ours.rpartition(".")
        theirs = self.rules[ours] if ours in self.rules else f"{self.rules[module]}.{kind}"
        for i, number in enumerate(map(int, _LAYER.findall(name))):
            theirs = theirs.replace("*", str(number if i else number + self.first_layer), 1)
        several = _SEVERAL.fullmatch(theirs)
        if several is None:
            return (theirs,)
        return tuple(f"{several[1]}{one}{several[3]}" for one in several[2].split(","))
