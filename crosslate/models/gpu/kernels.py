"""Triton kernels for a decoding step: few rows, so that each is as fast as what it reads can be read.

R rows (one lane each), K inputs, N outputs, H heads, D head width, S keys. Products add up in float32. Names
of pointers end in `_ptr`; constants of a compilation are `tl.constexpr`.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _mean_and_scale(
    x_ptr: tl.tensor,
    offsets: tl.tensor,
    is_row: tl.tensor,
    width: tl.tensor,
    eps: tl.tensor,
    is_rms: tl.constexpr,
    num_rows: tl.constexpr,
    block: tl.constexpr,
) -> tl.tensor:
    """What layer norm, or RMS norm, subtracts from and multiplies its rows with: 2 x (rows,)."""
    columns = tl.arange(0, block)
    mean = tl.zeros((num_rows,), dtype=tl.float32)
    if not is_rms:
        for start in range(0, width, block):
            inside = is_row[:, None] & (start + columns < width)[None, :]
            x = tl.load(x_ptr + offsets[:, None] + start + columns[None, :], mask=inside, other=0.0)
            mean += tl.sum(x.to(tl.float32), axis=1)
        mean = mean / width
    squares = tl.zeros((num_rows,), dtype=tl.float32)
    for start in range(0, width, block):
        inside = is_row[:, None] & (start + columns < width)[None, :]
        x = tl.load(x_ptr + offsets[:, None] + start + columns[None, :], mask=inside, other=0.0)
        centred = tl.where(inside, x.to(tl.float32) - mean[:, None], 0.0)
        squares += tl.sum(centred * centred, axis=1)
    return mean, 1.0 / tl.sqrt(squares / width + eps)


@triton.jit
def _activated(x: tl.tensor, activation: tl.constexpr) -> tl.tensor:
    if activation == "relu":
        x = tl.maximum(x, 0.0)
    elif activation == "gelu":
        x = 0.5 * x * (1.0 + tl.erf(x * 0.7071067811865476))
    elif activation == "gelu_new":
        inner = 0.7978845608028654 * (x + 0.044715 * x * x * x)
        x = x * tl.sigmoid(2.0 * inner)
    elif activation == "silu":
        x = x * tl.sigmoid(x)
    return x


@triton.jit
def _product(
    x_ptr: tl.tensor,
    row_offsets: tl.tensor,
    is_row: tl.tensor,
    w_ptr: tl.tensor,
    outputs: tl.tensor,
    num_outputs: tl.tensor,
    num_inputs: tl.tensor,
    mean: tl.tensor,
    scale: tl.tensor,
    norm_w_ptr: tl.tensor,
    norm_b_ptr: tl.tensor,
    norm: tl.constexpr,
    num_rows: tl.constexpr,
    block_n: tl.constexpr,
    block_k: tl.constexpr,
) -> tl.tensor:
    """Some rows of x W^T, some outputs of them, `x` normalised on the way: (rows, block_n) float32."""
    inputs = tl.arange(0, block_k)
    is_output = outputs < num_outputs
    w_offsets = outputs.to(tl.int64)[:, None] * num_inputs
    if num_rows == 1:
        total = tl.zeros((block_n, block_k), dtype=tl.float32)
    else:
        total = tl.zeros((block_n, num_rows), dtype=tl.float32)
    for start in range(0, num_inputs, block_k):
        k = start + inputs
        is_input = k < num_inputs
        w = tl.load(w_ptr + w_offsets + k[None, :], mask=is_output[:, None] & is_input[None, :], other=0.0)
        x = tl.load(
            x_ptr + row_offsets[:, None] + k[None, :], mask=is_row[:, None] & is_input[None, :], other=0.0
        )
        if norm != "none":
            gain = tl.load(norm_w_ptr + k, mask=is_input, other=0.0).to(tl.float32)
            normed = (x.to(tl.float32) - mean[:, None]) * scale[:, None] * gain[None, :]
            if norm == "layer":
                normed += tl.load(norm_b_ptr + k, mask=is_input, other=0.0).to(tl.float32)[None, :]
            x = normed.to(x.dtype)
        if num_rows == 1:
            total += w.to(tl.float32) * x.to(tl.float32)
        else:
            total = tl.dot(w, tl.trans(x), total, input_precision="ieee")
    return tl.sum(total, axis=1)[None, :] if num_rows == 1 else tl.trans(total)


@triton.jit
def linear_kernel(
    x_ptr: tl.tensor,
    w_ptr: tl.tensor,
    b_ptr: tl.tensor,
    residual_ptr: tl.tensor,
    norm_w_ptr: tl.tensor,
    norm_b_ptr: tl.tensor,
    y_ptr: tl.tensor,
    count: tl.tensor,
    num_outputs: tl.tensor,
    num_inputs: tl.tensor,
    eps: tl.tensor,
    norm: tl.constexpr,
    has_bias: tl.constexpr,
    residual: tl.constexpr,
    activation: tl.constexpr,
    is_gated: tl.constexpr,
    num_rows: tl.constexpr,
    block_n: tl.constexpr,
    block_k: tl.constexpr,
) -> None:
    """A block of rows and of outputs of act(norm(x) W^T + b) + residual.

    `norm` is of `x`, or of the residual where that is "normed". Gated: W has 2 N rows, y = act(gate) * up.
    """
    rows = tl.program_id(1) * num_rows + tl.arange(0, num_rows)
    outputs = tl.program_id(0) * block_n + tl.arange(0, block_n)
    is_row, is_output = rows < count, outputs < num_outputs
    is_rms: tl.constexpr = norm == "rms"
    input_norm: tl.constexpr = "none" if residual == "normed" else norm
    mean = tl.zeros((num_rows,), dtype=tl.float32)
    scale = tl.zeros((num_rows,), dtype=tl.float32)
    if input_norm != "none":
        mean, scale = _mean_and_scale(
            x_ptr, rows * num_inputs, is_row, num_inputs, eps, is_rms, num_rows, block_k
        )
    num_w_rows = num_outputs * 2 if is_gated else num_outputs
    y = _product(
        x_ptr, rows * num_inputs, is_row, w_ptr, outputs, num_outputs, num_inputs, mean, scale,
        norm_w_ptr, norm_b_ptr, input_norm, num_rows, block_n, block_k,
    )  # fmt: skip
    if has_bias:
        y += tl.load(b_ptr + outputs, mask=is_output, other=0.0).to(tl.float32)[None, :]
    y = _activated(y, activation)
    if is_gated:
        up = _product(
            x_ptr, rows * num_inputs, is_row, w_ptr, outputs + num_outputs, num_w_rows, num_inputs, mean,
            scale, norm_w_ptr, norm_b_ptr, input_norm, num_rows, block_n, block_k,
        )  # fmt: skip
        if has_bias:
            up += tl.load(b_ptr + num_outputs + outputs, mask=is_output, other=0.0).to(tl.float32)[None, :]
        y = y * up
    places = rows[:, None] * num_outputs + outputs[None, :]
    inside = is_row[:, None] & is_output[None, :]
    if residual != "none":
        r = tl.load(residual_ptr + places, mask=inside, other=0.0).to(tl.float32)
        if residual == "normed":
            mean, scale = _mean_and_scale(
                residual_ptr, rows * num_outputs, is_row, num_outputs, eps, is_rms, num_rows, block_k
            )
            r = (r - mean[:, None]) * scale[:, None]
            r *= tl.load(norm_w_ptr + outputs, mask=is_output, other=0.0).to(tl.float32)[None, :]
            if norm == "layer":
                r += tl.load(norm_b_ptr + outputs, mask=is_output, other=0.0).to(tl.float32)[None, :]
        y += r
    tl.store(y_ptr + places, y.to(y_ptr.dtype.element_ty), mask=inside)


@triton.jit
def attend_kernel(
    q_ptr: tl.tensor,
    new_k_ptr: tl.tensor,
    new_v_ptr: tl.tensor,
    keys_ptr: tl.tensor,
    values_ptr: tl.tensor,
    lengths_ptr: tl.tensor,
    bias_ptr: tl.tensor,
    out_ptr: tl.tensor,
    scale: tl.tensor,
    q_stride: tl.tensor,
    row_stride: tl.tensor,
    head_stride: tl.tensor,
    bias_row_stride: tl.tensor,
    bias_head_stride: tl.tensor,
    num_heads: tl.tensor,
    head_dim: tl.constexpr,
    width: tl.constexpr,
    block: tl.constexpr,
    appends: tl.constexpr,
    has_bias: tl.constexpr,
) -> None:
    """One query of one head of one row over that row's own keys, and no further.

    `appends`: the newest key and value come with the query and join the others at the end. `width` is the
    power of two from `head_dim` on.
    """
    row, head = tl.program_id(0).to(tl.int64), tl.program_id(1)
    d = tl.arange(0, width)
    inside = d < head_dim
    length = tl.load(lengths_ptr + row)
    q = tl.load(q_ptr + row * q_stride + head * head_dim + d, mask=inside, other=0.0).to(tl.float32) * scale
    base = row * row_stride + head * head_stride
    if appends:
        length -= 1
        new_place = row * q_stride + head * head_dim + d
        new_k = tl.load(new_k_ptr + new_place, mask=inside, other=0.0)
        new_v = tl.load(new_v_ptr + new_place, mask=inside, other=0.0)
        tl.store(keys_ptr + base + length * head_dim + d, new_k, mask=inside)
        tl.store(values_ptr + base + length * head_dim + d, new_v, mask=inside)
        highest = tl.sum(q * new_k.to(tl.float32), axis=0)
        if has_bias:
            new_bias = bias_ptr + row * bias_row_stride + head * bias_head_stride + length
            highest += tl.load(new_bias).to(tl.float32)
        total = highest * 0.0 + 1.0
        mixed = new_v.to(tl.float32)
    else:
        highest = tl.sum(q * 0.0, axis=0) - float("inf")
        total = tl.sum(q * 0.0, axis=0)
        mixed = q * 0.0
    for start in range(0, length, block):
        s = start + tl.arange(0, block)
        is_key = s < length
        place = base + s[:, None] * head_dim + d[None, :]
        both = is_key[:, None] & inside[None, :]
        k = tl.load(keys_ptr + place, mask=both, other=0.0).to(tl.float32)
        scores = tl.sum(k * q[None, :], axis=1)
        if has_bias:
            bias_place = row * bias_row_stride + head * bias_head_stride + s
            scores += tl.load(bias_ptr + bias_place, mask=is_key, other=0.0).to(tl.float32)
        scores = tl.where(is_key, scores, -float("inf"))
        v = tl.load(values_ptr + place, mask=both, other=0.0).to(tl.float32)
        new_highest = tl.maximum(highest, tl.max(scores, axis=0))
        fade = tl.exp(highest - new_highest)
        weights = tl.exp(scores - new_highest)
        total = total * fade + tl.sum(weights, axis=0)
        mixed = mixed * fade + tl.sum(weights[:, None] * v, axis=0)
        highest = new_highest
    out = mixed / total
    tl.store(out_ptr + (row * num_heads + head) * head_dim + d, out.to(out_ptr.dtype.element_ty), mask=inside)


@triton.jit
def ssru_kernel(
    gates_ptr: tl.tensor,
    cells_ptr: tl.tensor,
    x_ptr: tl.tensor,
    norm_w_ptr: tl.tensor,
    norm_b_ptr: tl.tensor,
    y_ptr: tl.tensor,
    width: tl.tensor,
    eps: tl.tensor,
    norm: tl.constexpr,
    is_normed: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """One row: c = f * c + (1 - f) * candidate; y = x + relu(c), where `x` may be normalised first."""
    row = tl.program_id(0)
    columns = tl.arange(0, block)
    inside = columns < width
    forget = tl.sigmoid(tl.load(gates_ptr + row * 2 * width + columns, mask=inside, other=0.0).to(tl.float32))
    candidate = tl.load(gates_ptr + row * 2 * width + width + columns, mask=inside, other=0.0).to(tl.float32)
    cell = tl.load(cells_ptr + row * width + columns, mask=inside, other=0.0).to(tl.float32)
    cell = candidate + forget * (cell - candidate)
    tl.store(cells_ptr + row * width + columns, cell.to(cells_ptr.dtype.element_ty), mask=inside)
    x = tl.load(x_ptr + row * width + columns, mask=inside, other=0.0).to(tl.float32)
    if is_normed:
        mean = x * 0.0
        if norm == "layer":
            mean += tl.sum(x, axis=0) / width
        centred = tl.where(inside, x - mean, 0.0)
        x = centred / tl.sqrt(tl.sum(centred * centred, axis=0) / width + eps)
        x *= tl.load(norm_w_ptr + columns, mask=inside, other=0.0).to(tl.float32)
        if norm == "layer":
            x += tl.load(norm_b_ptr + columns, mask=inside, other=0.0).to(tl.float32)
    y = x + tl.maximum(cell, 0.0)
    tl.store(y_ptr + row * width + columns, y.to(y_ptr.dtype.element_ty), mask=inside)
