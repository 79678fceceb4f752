"""Attention in every compiled variant that this CPU runs, against torch."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor

from crosslate.models.native.kept_vectors import num_places, opened, shortened
from crosslate.models.native.kernels import Kernels

KEPT = [False, True]
"""Keys and values: as floats, or as shorts."""


def kept_as(is_short: bool, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    if not is_short:
        return keys, values
    return shortened(keys, is_value=False), shortened(values, is_value=True)


def assert_near(found: Tensor, expected: Tensor, is_short: bool) -> None:
    """Queries that meet shorts are integers of 13 bits."""
    rtol, atol = (1e-3, 2e-3) if is_short else (1e-5, 1e-5)
    torch.testing.assert_close(found, expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize("is_short", KEPT)
@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 6])
@pytest.mark.parametrize(("width", "has_bias"), [(8, True), (24, False), (64, True), (256, False)])
def test_attend_cached(kernels: Kernels, lanes: int, width: int, has_bias: bool, is_short: bool) -> None:
    torch.manual_seed(width)
    rows, heads, capacity = 5, 3, 40
    q = torch.randn(rows, lanes, heads, width)
    keys, values = torch.randn(2, rows, heads, capacity, width).unbind(0)
    lengths = torch.tensor([1, 7, 8, 33, 40])
    bias = torch.randn(1, heads, 1, capacity) if has_bias else None
    kept = kept_as(is_short, keys, values)
    mixed = kernels.attend_cached(q, *kept, lengths=lengths, scale=0.3, bias=bias)
    for row, length in enumerate(lengths.tolist()):
        expected = torch.nn.functional.scaled_dot_product_attention(
            q[row].transpose(0, 1),
            keys[row, :, :length],
            values[row, :, :length],
            attn_mask=None if bias is None else bias[0, :, :, :length],
            scale=0.3,
        )
        assert_near(mixed[row], expected.transpose(0, 1), is_short)


@pytest.mark.parametrize("is_short", KEPT)
@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize(("width", "has_bias"), [(8, True), (64, False)])
def test_attend_appended(kernels: Kernels, lanes: int, width: int, has_bias: bool, is_short: bool) -> None:
    """The new key is the last; older ones stand where the lane's ancestors wrote them."""
    torch.manual_seed(width)
    rows, heads, capacity = 4, 2, 40
    qkv = torch.randn(rows, lanes, 3 * heads * width)
    keys, values = torch.randn(2, rows, lanes, heads, capacity, width).unbind(0)
    lengths = torch.tensor([1, 6, 33, 40]).repeat_interleave(lanes)
    origins = torch.randint(0, lanes, (rows, lanes, capacity), dtype=torch.int32) if lanes > 1 else None
    bias = torch.randn(rows * lanes, heads, 1, capacity) if has_bias else None
    q, k, v = qkv.view(rows, lanes, 3, heads, width).unbind(2)
    expected = torch.empty(rows, lanes, heads * width)
    for row in range(rows):
        for lane in range(lanes):
            index = row * lanes + lane
            last = int(lengths[index]) - 1
            wrote = [lane] * last if origins is None else origins[row, lane, :last].tolist()
            own_keys = torch.stack([*(keys[row, w, :, s] for s, w in enumerate(wrote)), k[row, lane]], dim=1)
            own_values = torch.stack(
                [*(values[row, w, :, s] for s, w in enumerate(wrote)), v[row, lane]], dim=1
            )
            mask = None if bias is None else bias[index, :, :, : last + 1]
            mixed = torch.nn.functional.scaled_dot_product_attention(
                q[row, lane][:, None], own_keys, own_values, attn_mask=mask, scale=0.3
            )
            expected[row, lane] = mixed.flatten()
    kept_keys, kept_values = kept_as(is_short, keys, values)
    actual = kernels.attend_appended(
        qkv, kept_keys, kept_values, lengths=lengths, origins=origins, scale=0.3, bias=bias
    )
    assert_near(actual, expected, is_short)
    new_keys, new_values = kept_as(is_short, k, v)
    for index, length in enumerate(lengths.tolist()):
        row, lane = divmod(index, lanes)
        assert torch.equal(kept_keys[row, lane, :, length - 1], new_keys[row, lane])
        assert torch.equal(kept_values[row, lane, :, length - 1], new_values[row, lane])
        assert origins is None or int(origins[row, lane, length - 1]) == lane


@pytest.mark.parametrize("is_short", KEPT)
@pytest.mark.parametrize(
    ("width", "has_bias"), [(8, True), (40, False), (48, False), (64, True), (128, False)]
)
def test_attend_packed(kernels: Kernels, width: int, has_bias: bool, is_short: bool) -> None:
    """Panels of keys that are full, nearly full and narrow; values that are laid out anew and not."""
    torch.manual_seed(width)
    lengths, heads = [3, 1, 70, 32, 17, 203, 64, 9, 128], 2
    qkv = torch.randn(sum(lengths), 3 * heads * width)
    bias = torch.randn(1, heads, 203, 203) if has_bias else None
    offsets = torch.tensor([0, *np.cumsum(lengths)])
    mixed = kernels.attend_packed(qkv, offsets, num_heads=heads, scale=0.2, bias=bias, is_short=is_short)
    for start, length in zip(offsets.tolist(), lengths, strict=False):
        q, k, v = qkv[start : start + length].view(length, 3, heads, width).permute(1, 2, 0, 3).unbind(0)
        mask = None if bias is None else bias[0, :, :length, :length]
        expected = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=0.2)
        actual = mixed[start : start + length].view(length, heads, width).transpose(0, 1)
        assert_near(actual, expected, is_short)


def test_many_small_weights_are_not_lost(kernels: Kernels) -> None:
    """Each is less than half of what the least of an integer is; together they are a tenth of the largest."""
    width, size, less = 32, 4001, 40_000.0
    qkv = torch.zeros(size, 3, width)
    qkv[:, 0, 0] = 1.0
    qkv[0, 1, 0] = math.log(less)
    qkv[:, 2] = 1.0
    qkv[0, 2] = -1.0
    mixed = kernels.attend_packed(
        qkv.view(size, -1), torch.tensor([0, size]), num_heads=1, scale=1.0, bias=None, is_short=True
    )
    others = (size - 1) / less
    expected = torch.full((size, width), (others - 1) / (others + 1))
    torch.testing.assert_close(mixed, expected, rtol=0, atol=0.01)


@pytest.mark.parametrize("size", [1e-30, 1e-10, 1e15])
def test_sources_of_every_size(kernels: Kernels, size: float) -> None:
    """Values of it, and a head without any."""
    torch.manual_seed(0)
    qkv = torch.randn(100, 3, 2, 32)
    qkv[:, 2] *= size
    qkv[:, 2, 1] = 0
    offsets = torch.tensor([0, 100])
    floats, shorts = (
        kernels.attend_packed(
            qkv.view(100, -1), offsets, num_heads=2, scale=0.2, bias=None, is_short=is_short
        )
        for is_short in KEPT
    )
    torch.testing.assert_close(shorts, floats, rtol=1e-3, atol=2e-3 * size)


@pytest.mark.parametrize("is_short", KEPT)
@pytest.mark.parametrize("part", [0, 1, 2], ids=["query", "key", "value"])
@pytest.mark.parametrize("fault", [math.nan, math.copysign(math.nan, -1)])
def test_what_is_no_number_in_a_source_is_told(
    kernels: Kernels, part: int, fault: float, is_short: bool
) -> None:
    """In what the token gives to others, or becomes; the head beside it has no part in it."""
    torch.manual_seed(0)
    qkv = torch.randn(90, 3, 2, 32)
    qkv[7, part, 0, 5] = fault
    offsets = torch.tensor([0, 90])
    mixed = kernels.attend_packed(
        qkv.view(90, -1), offsets, num_heads=2, scale=0.2, bias=None, is_short=is_short
    ).view(90, 2, 32)
    faulty = mixed[:, 0].isnan().any(dim=-1)
    assert faulty[7]
    assert faulty.all() == (part > 0)
    assert not mixed[:, 1].isnan().any()


@pytest.mark.parametrize("is_short", KEPT)
@pytest.mark.parametrize("lanes", [2, 3, 4, 5, 7])
def test_a_lane_does_not_depend_on_those_beside_it(kernels: Kernels, lanes: int, is_short: bool) -> None:
    """To the last bit, though what is read of a source serves several lanes at once."""
    torch.manual_seed(lanes)
    q = torch.randn(3, lanes, 2, 40)
    keys, values = kept_as(is_short, *torch.randn(2, 3, 2, 150, 40).unbind(0))
    lengths = torch.tensor([150, 13, 64])
    together = kernels.attend_cached(q, keys, values, lengths=lengths, scale=0.2, bias=None)
    for lane in range(lanes):
        own = q[:, lane : lane + 1].contiguous()
        alone = kernels.attend_cached(own, keys, values, lengths=lengths, scale=0.2, bias=None)
        assert torch.equal(alone, together[:, lane : lane + 1])


@pytest.mark.parametrize("is_short", KEPT)
def test_a_source_does_not_depend_on_those_beside_it(kernels: Kernels, is_short: bool) -> None:
    torch.manual_seed(0)
    lengths = [200, 5, 31, 71]
    qkv = torch.randn(sum(lengths), 3 * 4 * 32)
    together = packed(kernels, qkv, lengths, is_short)
    for part, result in zip(torch.split(qkv, lengths), torch.split(together, lengths), strict=True):
        assert torch.equal(packed(kernels, part, [len(part)], is_short), result)


def packed(kernels: Kernels, qkv: Tensor, lengths: list[int], is_short: bool) -> Tensor:
    offsets = torch.tensor([0, *np.cumsum(lengths)])
    return kernels.attend_packed(qkv, offsets, num_heads=4, scale=0.2, bias=None, is_short=is_short)


@pytest.mark.parametrize("is_short", KEPT)
def test_threads_share_heads_and_rows_and_change_nothing(kernels: Kernels, is_short: bool) -> None:
    """To the last bit."""
    torch.manual_seed(0)
    qkv = torch.randn(300, 3 * 4 * 32)
    q, (keys, values) = torch.randn(3, 4, 8, 64), kept_as(is_short, *torch.randn(2, 3, 8, 400, 64).unbind(0))
    new, lengths = torch.randn(3, 4, 3 * 8 * 64), torch.tensor([400, 100, 7])
    kept = torch.stack(kept_as(is_short, *torch.randn(2, 3, 4, 8, 90, 64).unbind(0)))
    origins = torch.randint(0, 4, (3, 4, 90), dtype=torch.int32)

    def all_three(_: int) -> list[Tensor]:
        own = kept.clone()
        appended = kernels.attend_appended(
            new,
            *own.unbind(0),
            lengths=torch.full((12,), 90),
            origins=origins.clone(),
            scale=0.2,
            bias=None,
        )
        cached = kernels.attend_cached(q, keys, values, lengths=lengths, scale=0.2, bias=None)
        return [packed(kernels, qkv, [280, 20], is_short), cached, appended, own]

    answers = []
    for num_threads in (1, 2, 5):
        with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(num_threads,)) as executor:
            answers.append(executor.submit(all_three, 0).result())
    for others in answers[1:]:
        assert all(map(torch.equal, answers[0], others))


def test_scores_that_differ_widely_do_not_overflow(kernels: Kernels) -> None:
    keys = torch.tensor([[1000.0] + [0.0] * 7, [-1000.0] + [0.0] * 7])[None, None]
    q = torch.tensor([1.0] + [0.0] * 7)[None, None, None]
    lengths = torch.tensor([2])
    mixed = kernels.attend_cached(q, keys, keys.contiguous(), lengths=lengths, scale=1.0, bias=None)
    assert torch.equal(mixed[0, 0, 0], keys[0, 0, 0])


@pytest.mark.parametrize("width", [8, 64, 1024])
def test_the_largest_products_of_shorts_do_not_overflow(kernels: Kernels, width: int) -> None:
    """All entries as large as they may be: their sum is the largest there is."""
    keys = torch.full((1, 1, 2, width), 3.0)
    keys[:, :, 1] *= -1
    q, lengths = torch.full((1, 1, 1, width), 5.0), torch.tensor([2])
    kept = shortened(keys, is_value=False), shortened(keys, is_value=True)
    mixed = kernels.attend_cached(q, *kept, lengths=lengths, scale=1.0, bias=None)
    torch.testing.assert_close(mixed[0, 0, 0], keys[0, 0, 0], rtol=1e-4, atol=0)


@pytest.mark.parametrize("place", ["query", "key", "value"])
def test_what_is_not_finite_among_shorts_is_nan(kernels: Kernels, place: str) -> None:
    """Of its own head, so that whoever checks scores finds it."""
    parts = {"query": torch.ones(1, 1, 2, 8), "key": torch.ones(1, 2, 9, 8), "value": torch.ones(1, 2, 9, 8)}
    parts[place].view(-1)[-1] = torch.inf
    kept = kept_as(True, parts["key"], parts["value"])
    mixed = kernels.attend_cached(parts["query"], *kept, lengths=torch.tensor([9]), scale=1.0, bias=None)
    assert mixed[0, 0, 1].isnan().all()
    torch.testing.assert_close(mixed[0, 0, 0], torch.ones(8))


@pytest.mark.parametrize("is_value", [False, True])
def test_shorts_are_those_of_torch(kernels: Kernels, is_value: bool) -> None:
    """To the last bit, of vectors of every size."""
    torch.manual_seed(0)
    for width in (8, 24, 64):
        sizes = 10.0 ** torch.randint(-36, 36, (50, 1, 1, 1))
        qkv = torch.randn(50, 1, 3, width) * sizes
        qkv[:10] = 0
        kept = torch.zeros(2, 50, 1, 1, 1, num_places(width, is_short=True), dtype=torch.int16).unbind(0)
        qkv[:, :, 0] = 0
        lengths = torch.ones(50, dtype=torch.int64)
        kernels.attend_appended(qkv.flatten(2), *kept, lengths=lengths, origins=None, scale=1.0, bias=None)
        new = qkv[:, :, 1 + is_value, None, None]
        assert torch.equal(kept[is_value], shortened(new, is_value=is_value))
        found = opened(kept[is_value], width, is_value=is_value)
        torch.testing.assert_close(found, new, rtol=1e-3, atol=1e-3 * float(sizes.max()))
