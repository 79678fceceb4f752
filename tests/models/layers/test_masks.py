from __future__ import annotations

import torch

from crosslate.models.layers.masks import causal_bias, key_padding_bias


def test_biases_broadcast() -> None:
    assert key_padding_bias(torch.tensor([1, 2]), 7, torch.float32).shape == (2, 1, 1, 7)
    assert causal_bias(6, torch.float32, torch.device("cpu")).shape == (1, 1, 6, 6)
