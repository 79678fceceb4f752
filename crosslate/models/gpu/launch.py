"""The kernels as functions of tensors: shapes, strides and tiles are decided here."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from crosslate.models.gpu.kernels import attend_kernel, linear_kernel, ssru_kernel
from crosslate.models.layers.layers import Linear, Norm
from crosslate.models.specs.stack_spec import Activation

MAX_KEYS = 2048
"""One program walks all keys of a head: from here on kernels that share them out are faster."""

MAX_FEW_HEADS = 128
"""About one for each multiprocessor."""


class Tile(NamedTuple):
    """What one program computes, and with how many threads."""

    num_rows: int
    block_n: int
    block_k: int
    num_warps: int
    num_stages: int


def choose_tile(num_rows: int, num_outputs: int, itemsize: int = 2) -> Tile:
    """The fastest of some that were tried on an H200, for products of 512 to 4096 inputs in half precision.

    Few rows are bound by what a program can have under way, many by how often weights are read again.
    """
    is_vocabulary = num_outputs > 16_384
    if num_rows == 1:
        return Tile(1, 4, 512, 2, 3) if is_vocabulary else Tile(1, 2, 1024, 4, 3)
    few = 16 if num_rows <= 16 else 32
    if num_rows <= 32 and not is_vocabulary:
        return Tile(few, 16, 256, few // 8, 3)
    if num_rows <= 32 or itemsize > 2:  # in full precision larger ones would not fit
        return Tile(few, 64, 128 // (itemsize // 2), 4, 4)
    if is_vocabulary:
        return Tile(128, 128, 64, 8, 3)
    return Tile(32, 32, 128, 4, 4) if num_outputs < 2048 else Tile(64, 64, 128, 4, 3)


def linear(
    x: Tensor,
    layer: Linear,
    *,
    norm: Norm | None = None,
    residual: Tensor | None = None,
    residual_norm: Norm | None = None,
    activation: Activation | None = None,
    is_gated: bool = False,
    dtype: torch.dtype | None = None,
    tile: Tile | None = None,
) -> Tensor:
    """The product act(norm(x) W^T + b) + residual_norm(residual): (R, K), (R, N) -> (R, N).

    Gated: W has twice as many outputs, of which the first half goes through the activation and is multiplied
    with the second. `dtype`: of the result, where it differs from that of `x`.
    """
    count, num_inputs = x.shape
    num_outputs = layer.weight.shape[0] // (2 if is_gated else 1)
    y = torch.empty(count, num_outputs, dtype=dtype or x.dtype, device=x.device)
    tile = tile or choose_tile(count, num_outputs, x.element_size())
    used = norm or residual_norm
    nothing = layer.weight
    kind = "none" if residual is None else "plain" if residual_norm is None else "normed"
    grid = (-(-num_outputs // tile.block_n), -(-count // tile.num_rows))
    linear_kernel[grid](
        x,
        layer.weight,
        nothing if layer.bias is None else layer.bias,
        nothing if residual is None else residual,
        nothing if used is None else used.weight,
        nothing if used is None or used.bias is None else used.bias,
        y,
        count,
        num_outputs,
        num_inputs,
        0.0 if used is None else used.eps,
        norm=_kind(used),
        has_bias=layer.bias is not None,
        residual=kind,
        activation=activation or "none",
        is_gated=is_gated,
        **tile._asdict(),
    )
    return y


def attend(
    q: Tensor,
    keys: Tensor,
    values: Tensor,
    lengths: Tensor,
    *,
    scale: float,
    new: tuple[Tensor, Tensor] | None = None,
    bias: Tensor | None = None,
) -> Tensor:
    """One query a row over the first `lengths[r]` keys: (R, H * D), (R, H, S, D) -> (R, H * D).

    `q` and `new`, the newest key and value, (R, H * D) each, may be parts of the same longer rows; the newest
    ones are written to the others, at their row's last place, and count in `lengths` (R,). In `keys` and
    `values`, S and D lie side by side, and so does S in `bias`, (R, H, S) or (1, H, S), which is added to the
    scores.
    """
    count, num_heads, head_dim = q.shape[0], keys.shape[1], keys.shape[3]
    out = torch.empty(count, num_heads * head_dim, dtype=q.dtype, device=q.device)
    new_k, new_v = (q, q) if new is None else new
    # Few heads in all: each takes more keys at once, since nobody else keeps the memory busy.
    block, num_warps = (256, 8) if count * num_heads <= MAX_FEW_HEADS else (64, 4)
    bias_strides = (0, 0) if bias is None else (bias.stride(0) if bias.shape[0] > 1 else 0, bias.stride(1))
    attend_kernel[(count, num_heads)](
        q,
        new_k,
        new_v,
        keys,
        values,
        lengths,
        q if bias is None else bias,
        out,
        scale,
        q.stride(0),
        keys.stride(0),
        keys.stride(1),
        *bias_strides,
        num_heads,
        head_dim=head_dim,
        width=_power_of_two(head_dim),
        block=block,
        appends=new is not None,
        has_bias=bias is not None,
        num_warps=num_warps,
    )
    return out


def ssru(gates: Tensor, cells: Tensor, x: Tensor, norm: Norm, *, is_normed: bool) -> Tensor:
    """The sum x + relu(cell), cells renewed: (R, 2 * M), (R, M), (R, M) -> (R, M). `is_normed`: x is."""
    width = x.shape[1]
    y = torch.empty_like(x)
    ssru_kernel[(x.shape[0],)](
        gates,
        cells,
        x,
        norm.weight,
        norm.weight if norm.bias is None else norm.bias,
        y,
        width,
        norm.eps,
        norm=_kind(norm),
        is_normed=is_normed,
        block=_power_of_two(width),
        num_warps=4,
    )
    return y


def _kind(norm: Norm | None) -> str:
    if norm is None:
        return "none"
    return "rms" if norm.bias is None else "layer"


def _power_of_two(size: int) -> int:
    return 1 << (size - 1).bit_length()
