"""Vectors that are kept half as wide: how near they stay to what they were."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crosslate.models.native.kept_vectors import num_places, opened, shortened

FLOATS = st.floats(-(2.0**126), 2.0**126, width=32)
VECTORS = st.sampled_from([8, 16, 24, 64]).flatmap(
    lambda width: arrays(np.float32, (3, width), elements=FLOATS | st.floats(-9, 9, width=32))
)


@given(VECTORS, st.booleans())
def test_each_entry_is_off_by_half_a_step_at_most(x: np.ndarray, is_value: bool) -> None:
    vectors = torch.from_numpy(x)
    kept = shortened(vectors, is_value=is_value)
    assert kept.dtype == torch.int16
    assert kept.shape == (3, num_places(x.shape[1], is_short=True))
    steps = vectors.abs().amax(dim=-1, keepdim=True).double() / 32767
    off = (opened(kept, x.shape[1], is_value=is_value).double() - vectors.double()).abs()
    assert (off <= 0.51 * steps + 1e-29).all()


@pytest.mark.parametrize("is_value", [True, False])
@pytest.mark.parametrize("strange", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_makes_its_whole_vector_nan(strange: float, is_value: bool) -> None:
    x = torch.ones(2, 8)
    x[1, 5] = strange
    found = opened(shortened(x, is_value=is_value), 8, is_value=is_value)
    assert found[1].isnan().all()
    torch.testing.assert_close(found[0], x[0])


def test_floats_are_as_they_were() -> None:
    x = torch.randn(2, 8)
    assert opened(x, 8, is_value=True) is x
    assert num_places(40, is_short=False) == 40
