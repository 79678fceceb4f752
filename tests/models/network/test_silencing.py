"""What is lost without a head, against `transformers` with that head's part of the weights at zero."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import BartForConditionalGeneration

from crosslate.models.network.silencing import Silencing
from tests.models.families.bart_cases import BART_LIKE
from tests.models.families.cases import LINEAR, T5GEMMA, T5GEMMA2
from tests.models.families.parity import Case, Checkpoint, build_checkpoint, reference_output

HEAD_DIM = 8


def log_prob(checkpoint: Checkpoint, source: list[int], target: list[int]) -> float:
    scores = reference_output(checkpoint, source, target).logits[0].log_softmax(dim=-1)
    return float(scores[range(len(target)), target].sum())


def output_projections(checkpoint: Checkpoint) -> list[Tensor]:
    """Of the reference's cross-attention, layer by layer: (M, H * D) each."""
    assert isinstance(checkpoint.reference, BartForConditionalGeneration)
    layers = checkpoint.reference.model.decoder.layers
    return [layer.encoder_attn.out_proj.weight.detach() for layer in layers]


@pytest.mark.parametrize("case", [BART_LIKE[0], LINEAR], ids=str)
def test_what_is_lost_is_what_the_reference_loses_without_the_heads_weights(
    case: Case, tmp_path: Path
) -> None:
    checkpoint = build_checkpoint(case, tmp_path)
    source, target = checkpoint.sources[:2]
    whole = log_prob(checkpoint, source, target)
    expected = []
    for weight in output_projections(checkpoint):
        for head in weight.view(len(weight), -1, HEAD_DIM).unbind(1):
            kept = head.clone()
            head.zero_()
            expected.append(whole - log_prob(checkpoint, source, target))
            head.copy_(kept)
    found = Silencing(checkpoint.loaded.model).lost(source, target)
    assert found.abs().min() > 1e-3, "else there is nothing to compare"
    torch.testing.assert_close(found.flatten().float(), torch.tensor(expected), rtol=1e-4, atol=1e-4)


def test_the_only_head_that_is_heard_is_the_only_one_that_is_missed(tmp_path: Path) -> None:
    """And the network is the same afterwards."""
    checkpoint = build_checkpoint(T5GEMMA[0], tmp_path)
    model = checkpoint.loaded.model
    layer, head, head_dim = 1, 2, 12
    for name, parameter in model.named_parameters():
        if name.endswith("cross.out.weight"):
            for i, part in enumerate(parameter.view(len(parameter), -1, head_dim).unbind(1)):
                part.mul_(float((f"layers.{layer}." in name) and i == head))
    silencing = Silencing(model)
    source, target = checkpoint.sources[:2]
    found = silencing.lost(source, target)
    assert abs(found[layer, head]) > 0.1
    others = found.clone()
    others[layer, head] = 0.0
    assert others.abs().max() < 1e-4
    torch.testing.assert_close(silencing.lost(source, target), found, rtol=0, atol=0)


def test_layers_without_heads_that_look_at_the_source_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no cross-attention"):
        Silencing(build_checkpoint(T5GEMMA2, tmp_path).loaded.model)
