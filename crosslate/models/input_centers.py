"""What the inputs of a network's linear layers mostly are.

In trained networks some inputs of a layer are far from zero whatever is translated: what stands out there
is the same in every row. A row that is rounded to 8 bits between its least and largest entry wastes most
steps on the way to these few. Taken off before, they cost nothing: W (x - c) + W c, and W c belongs to the
bias.

What is common to all rows shows in any text, even in tokens drawn at random, so that no data are needed. A
center decides how finely a layer rounds, never what it stands for.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from crosslate.models.experts import Experts
from crosslate.models.layers import START, Linear
from crosslate.models.packing import Packing, pack_ids
from crosslate.models.transformer import EncoderDecoder

SOURCE_TOKENS, MAX_SOURCES = 32, 8
BUDGET = 2 * 10**10
"""Multiply-adds: below half a second. Large models read fewer sources; a single one finds most."""
NARROWER = 0.95
"""Ranges have to shrink to this to be worth the subtraction."""
FEWEST_ROWS = 6
"""What fewer of them have in common, such as those of an expert that took few tokens, is their own."""


def input_centers(model: EncoderDecoder) -> dict[nn.Module, Tensor]:
    """Of each `Linear` of a float network whose inputs are better centered: (K,).

    On one thread, whatever number this process has: every replica is to round alike, and how sums are
    divided among threads changes their last digits.
    """
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as executor:
        return executor.submit(_input_centers, model).result()


@torch.inference_mode()
def _input_centers(model: EncoderDecoder) -> dict[nn.Module, Tensor]:
    linears = [module for module in model.modules() if isinstance(module, Linear)]
    read_by = {
        expert.inner: block
        for block in model.modules()
        if isinstance(block, Experts)
        for expert in block.experts
    }
    macs = SOURCE_TOKENS * sum(linear.weight.numel() for linear in linears if linear is not model.output)
    seen: dict[nn.Module, list[Tensor]] = {}

    def see(module: nn.Module, inputs: tuple[Tensor]) -> None:
        seen.setdefault(module, []).append(inputs[0].flatten(0, -2).float())

    # Any of a block's tokens may come to any of its experts.
    readers = dict.fromkeys(read_by.get(linear, linear) for linear in linears)
    handles: list[RemovableHandle] = [reader.register_forward_pre_hook(see) for reader in readers]
    try:
        states = _read(model, max(1, min(MAX_SOURCES, BUDGET // macs)))
        seen[model.output] = [model.for_output(states)]
    finally:
        for handle in handles:
            handle.remove()
    found = {reader: center_of(torch.cat(inputs)) for reader, inputs in seen.items()}
    centers = {linear: found.get(read_by.get(linear, linear)) for linear in linears}
    return {linear: center for linear, center in centers.items() if center is not None}


def _read(model: EncoderDecoder, num_sources: int) -> Tensor:
    """States of targets, teacher-forced, of sources: all drawn at random, and always the same."""
    spec, device = model.spec, model.output.weight.device
    generator = torch.Generator().manual_seed(0)
    start = START if spec.decoder_start_token_id is None else spec.decoder_start_token_id
    source_size, target_size = (
        min(SOURCE_TOKENS, most) for most in (spec.max_source_tokens, spec.max_target_tokens)
    )
    states = []
    for _ in range(num_sources):
        source = torch.randint(spec.source_vocab_size, (source_size,), generator=generator).tolist()
        target = torch.randint(spec.target_vocab_size, (target_size,), generator=generator).tolist()
        source[-1:] = [end for end in spec.eos_token_ids[:1] if end < spec.source_vocab_size] or source[-1:]
        packing = Packing.of([len(source)], device)
        memories = model.project_sources(model.encode(pack_ids([source], device), packing), packing)
        inputs = pack_ids([[start, *target[:-1]]], device)
        states.append(model.decoder.read_targets(inputs, Packing.of([len(target)], device), memories))
    return torch.cat(states)


def center_of(rows: Tensor) -> Tensor | None:
    """(N, K) -> (K,), or None where rows have no narrower ranges around it, or are too few to tell."""
    if len(rows) < FEWEST_ROWS:
        return None
    center = rows.mean(dim=0)
    before, after = (_spans(x).square().mean() for x in (rows, rows - center))
    return center if after < NARROWER**2 * before else None


def _spans(rows: Tensor) -> Tensor:
    return rows.amax(dim=1) - rows.amin(dim=1)
