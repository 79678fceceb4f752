"""MVP's prompts: where they are stored, where they are not, and what is damaged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from crosslate.models.engine.request import GenerationRequest
from crosslate.models.errors import CheckpointError
from crosslate.models.loading import load_model
from crosslate.models.specs.spec import stacks_of
from tests.models.families.bart_cases import BESIDE_BART
from tests.models.families.parity import build_checkpoint, reference_tokens
from tests.models.families.test_variants import assert_equals_reference, rewrite_json, rewrite_tensors

MVP = BESIDE_BART[1]
ENCODER = "model.encoder.self_attn_prompt."
CROSS = "model.decoder.cross_attn_prompt."


def without(prefix: str, tensors: dict[str, Tensor]) -> None:
    for name in [name for name in tensors if name.startswith(prefix)]:
        del tensors[name]


def test_without_prompts(tmp_path: Path) -> None:
    checkpoint = build_checkpoint(replace(MVP, settings=MVP.settings | {"use_prompt": False}), tmp_path)
    assert stacks_of(checkpoint.loaded.spec).decoder.num_prompts == 0
    assert checkpoint.loaded.task == "summarization"
    assert_equals_reference(checkpoint)


def test_a_file_without_the_encoders(tmp_path: Path) -> None:
    """As `transformers` 5 trains and saves it."""
    checkpoint = build_checkpoint(replace(MVP, model="MvpForConditionalGeneration"), tmp_path)
    spec = stacks_of(checkpoint.loaded.spec)
    assert (spec.encoder.num_prompts, spec.decoder.num_prompts) == (0, 5)
    outputs = checkpoint.engine.generate([GenerationRequest(source_ids=s) for s in checkpoint.sources])
    assert [output.token_ids for output in outputs] == reference_tokens(checkpoint, num_beams=1)


def test_prompts_count(tmp_path: Path) -> None:
    """Else the comparison with `transformers` would show little."""
    checkpoint = build_checkpoint(MVP, tmp_path)
    rewrite_tensors(tmp_path, lambda tensors: without(ENCODER, tensors))
    other = load_model(str(tmp_path), dtype="float32").make_engine()
    source, target = checkpoint.sources[:2]
    assert float((other.align(source, target) - checkpoint.engine.align(source, target)).abs().max()) > 0.01


def test_prompts_that_are_missing(tmp_path: Path) -> None:
    build_checkpoint(MVP, tmp_path)
    rewrite_tensors(tmp_path, lambda tensors: without(CROSS, tensors))
    with pytest.raises(CheckpointError, match=r"use_prompt, but there is no .*cross_attn_prompt\.prompt_emb"):
        load_model(str(tmp_path), dtype="float32")


def test_prompts_of_another_shape(tmp_path: Path) -> None:
    build_checkpoint(MVP, tmp_path)
    rewrite_tensors(tmp_path, lambda t: t.update({f"{CROSS}prompt_embedding.weight": torch.zeros(4, 32)}))
    with pytest.raises(CheckpointError, match=r"cross_attn_prompt makes no keys and values of the shape \[5"):
        load_model(str(tmp_path), dtype="float32")


def test_prompts_that_are_not_asked_for(tmp_path: Path) -> None:
    build_checkpoint(MVP, tmp_path)
    rewrite_json(tmp_path / "config.json", use_prompt=False)
    with pytest.raises(CheckpointError, match=r"unknown: model\.decoder\.cross_attn_prompt"):
        load_model(str(tmp_path), dtype="float32")


@pytest.mark.parametrize("length", [None, 0, "many"])
def test_prompts_of_no_length(tmp_path: Path, length: object) -> None:
    build_checkpoint(MVP, tmp_path)
    rewrite_json(tmp_path / "config.json", prompt_length=length)
    with pytest.raises(CheckpointError, match="prompt_length"):
        load_model(str(tmp_path), dtype="float32")
