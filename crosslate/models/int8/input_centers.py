"""What the inputs of a network's linear layers mostly are.

In trained networks some inputs of a layer are far from zero whatever is translated: what stands out there
is the same in every row. A row that is rounded to 8 bits between its least and largest entry wastes most
steps on the way to these few. Taken off before, they cost nothing: W (x - c) + W c, and W c belongs to the
bias.

What is common to all rows shows in any text, even in tokens drawn at random, so that no data are needed. A
center decides how finely a layer rounds, never what it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from crosslate.models.int8.layer_by_layer import SOURCE_TOKENS, Pair, draw_pairs, read_layer_by_layer
from crosslate.models.layers.experts import Experts
from crosslate.models.layers.layers import Linear
from crosslate.models.network.transformer import EncoderDecoder

Centers = dict[nn.Module, Tensor]
"""Of each `Linear` whose inputs are better centered: (K,)."""
MAX_SOURCES = 8
BUDGET = 2 * 10**10
"""Multiply-adds: below half a second. Large models read fewer sources; a single one finds most."""
NARROWER = 0.95
"""Ranges have to shrink to this to be worth the subtraction."""
FEWEST_ROWS = 6
"""What fewer of them have in common, such as those of an expert that took few tokens, is their own."""


def probing_pairs(model: EncoderDecoder) -> list[Pair]:
    """What is read to find the centers; the network need not have values."""
    linears = (module for module in model.modules() if isinstance(module, Linear))
    macs = SOURCE_TOKENS * sum(linear.weight.numel() for linear in linears if linear is not model.output)
    return draw_pairs(model.spec, max(1, min(MAX_SOURCES, BUDGET // macs)))


def input_centers(
    model: EncoderDecoder, prepare: Callable[[nn.Module], None] = lambda part: None
) -> Iterator[tuple[nn.Module, Centers]]:
    """Part by part of a float32 network, in the order in which they are read; the output projection last.

    `prepare` is called with a part before it is read. When it has been yielded it is no longer needed.

    On one thread, whatever number this process has: every replica is to round alike, and how sums are
    divided among threads changes their last digits.
    """
    seen = _Seen()
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as executor:
        parts = read_layer_by_layer(model, probing_pairs(model), lambda x: seen.add(model.output, x))
        part = executor.submit(_next, parts).result()
        while part is not None:
            prepare(part)
            seen.watch(part)
            following = executor.submit(_next, parts).result()
            yield part, executor.submit(seen.centers).result()
            part = following
        seen.watch(model.output)
        yield model.output, executor.submit(seen.centers).result()


@torch.inference_mode()
def _next(parts: Iterator[nn.Module]) -> nn.Module | None:
    return next(parts, None)


class _Seen:
    """What modules have read."""

    def __init__(self) -> None:
        self._readers: dict[nn.Module, list[Linear]] = {}
        self._inputs: dict[nn.Module, list[Tensor]] = {}
        self._handles: list[RemovableHandle] = []

    def add(self, module: nn.Module, x: Tensor) -> None:
        self._inputs.setdefault(module, []).append(x.flatten(0, -2).float())

    def watch(self, part: nn.Module) -> None:
        """See what the linear layers of a part read; any of a block's tokens may come to any expert."""
        blocks = [module for module in part.modules() if isinstance(module, Experts)]
        read_by = {expert.inner: block for block in blocks for expert in block.experts}
        for linear in (module for module in part.modules() if isinstance(module, Linear)):
            self._readers.setdefault(read_by.get(linear, linear), []).append(linear)
        self._handles = [reader.register_forward_pre_hook(self._hook) for reader in self._readers]

    def _hook(self, module: nn.Module, inputs: tuple[Tensor]) -> None:
        self.add(module, inputs[0])

    @torch.inference_mode()
    def centers(self) -> Centers:
        """Of what has been watched, which is forgotten: nothing here may hold a layer that is replaced."""
        while self._handles:
            self._handles.pop().remove()
        found: Centers = {}
        while self._readers:
            reader, linears = self._readers.popitem()
            inputs = self._inputs.pop(reader, [])
            center = center_of(torch.cat(inputs)) if inputs else None
            if center is not None:
                found |= dict.fromkeys(linears, center)
        return found


def center_of(rows: Tensor) -> Tensor | None:
    """(N, K) -> (K,), or None where rows have no narrower ranges around it, or are too few to tell."""
    if len(rows) < FEWEST_ROWS:
        return None
    center = rows.mean(dim=0)
    before, after = (_spans(x).square().mean() for x in (rows, rows - center))
    return center if after < NARROWER**2 * before else None


def _spans(rows: Tensor) -> Tensor:
    return rows.amax(dim=1) - rows.amin(dim=1)
