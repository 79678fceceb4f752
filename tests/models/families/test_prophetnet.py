"""What ProphetNet's checkpoints differ in, where their positions end, and what is refused by name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.errors import CheckpointError
from crosslate.models.families.prophetnet import STREAMS
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.loading import load_model
from tests.models.families.bart_cases import PROPHET_NET
from tests.models.families.parity import CPU, build_checkpoint, reference_output
from tests.models.families.test_variants import assert_equals_reference, rewrite_json, rewrite_tensors

LONGEST = 64 - 1
"""Positions of the case's table behind the padding token's."""


@pytest.mark.parametrize(
    "settings",
    [
        {"ngram": 1, "disable_ngram_loss": True},
        {"ngram": 3, "num_encoder_layers": 3, "num_encoder_attention_heads": 2, "num_buckets": 5},
        {"tie_word_embeddings": False, "activation_function": "relu"},
        {"num_decoder_attention_heads": 8, "decoder_ffn_dim": 44},  # nothing that the compiled kernels take
    ],
    ids=str,
)
def test_configurations(tmp_path: Path, settings: dict[str, Any]) -> None:
    case = replace(PROPHET_NET, settings=PROPHET_NET.settings | settings)
    checkpoint = build_checkpoint(case, tmp_path)
    assert checkpoint.loaded.task == "summarization"
    assert_equals_reference(checkpoint)


def test_positions_are_counted_from_the_padding_token(tmp_path: Path) -> None:
    """`transformers` reads such a network, but does not generate with it."""
    settings = PROPHET_NET.settings | {"pad_token_id": 3, "decoder_start_token_id": 0}
    checkpoint = build_checkpoint(replace(PROPHET_NET, settings=settings), tmp_path)
    assert checkpoint.loaded.spec.max_source_tokens == LONGEST - 3
    source, target = checkpoint.sources[:2]
    (output,) = checkpoint.engine.generate([GenerationRequest(source_ids=source)])
    logits = reference_output(checkpoint, source, output.token_ids).logits[0].clone()
    logits[:, 3] = float("-inf")  # which is not to be written, nor are two tokens twice
    assert output.token_ids[:2] == logits[:2].argmax(dim=-1).tolist()
    expected = torch.cat(reference_output(checkpoint, source, target).cross_attentions)
    torch.testing.assert_close(checkpoint.engine.align(source, target), expected, rtol=0.0, atol=1e-5)


def test_texts_of_all_positions(tmp_path: Path) -> None:
    checkpoint = build_checkpoint(PROPHET_NET, tmp_path)
    spec = checkpoint.loaded.spec
    assert (spec.max_source_tokens, spec.max_target_tokens) == (LONGEST, LONGEST - 2)
    whole = [token for ids in checkpoint.sources for token in ids if token != 2]
    source, target = whole[:LONGEST], whole[-spec.max_target_tokens :]
    expected = torch.cat(reference_output(checkpoint, source, target).cross_attentions)
    torch.testing.assert_close(checkpoint.engine.align(source, target), expected, rtol=0.0, atol=1e-5)
    params = GenerationParams(max_new_tokens=spec.max_target_tokens, min_new_tokens=spec.max_target_tokens)
    (output,) = checkpoint.engine.generate([GenerationRequest(source_ids=source, params=params)])
    assert len(output.token_ids) == spec.max_target_tokens


def test_targets_end_to_end(tmp_path: Path) -> None:
    """As an int8 network's centers are found, and passages are read."""
    checkpoint = build_checkpoint(PROPHET_NET, tmp_path)
    source, *targets = checkpoint.sources[:4]
    model = checkpoint.loaded.model
    packing = Packing.of([len(source)], CPU)
    with torch.inference_mode():
        memories = model.project_sources(model.encode(pack_ids([source], CPU), packing), packing)
        inputs = pack_ids([[2, *target[:-1]] for target in targets], CPU)
        states = model.decoder.read_targets(inputs, Packing.of([*map(len, targets)], CPU), memories)
        found = model.logits(states)
    expected = torch.cat([reference_output(checkpoint, source, target).logits[0] for target in targets])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def add_to_row(row: int, tensors: dict[str, Tensor]) -> None:
    tensors[STREAMS][row] += 1.0


def test_the_first_stream_is_the_last_row(tmp_path: Path) -> None:
    """So that the others' count for nothing, and this one's does."""
    checkpoint = build_checkpoint(PROPHET_NET, tmp_path)
    source, target = checkpoint.sources[:2]
    before = checkpoint.engine.align(source, target)
    for row, is_read in ((0, False), (1, True)):
        rewrite_tensors(tmp_path, partial(add_to_row, row))
        after = load_model(str(tmp_path), dtype="float32").make_engine().align(source, target)
        assert torch.equal(before, after) != is_read


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ngram": 0}, "ngram is 0"),
        ({"ngram": 3}, r"ngram_embeddings\.weight has the shape \[2, 32\], expected \[3, 32\]"),
        ({"add_cross_attention": False}, "add_cross_attention"),
        ({"num_decoder_attention_heads": 5}, "no multiple of num_decoder_attention_heads 5"),
        ({"num_encoder_attention_heads": 0}, "no multiple of num_encoder_attention_heads 0"),
        ({"num_buckets": None}, "num_buckets"),
        ({"relative_max_distance": 4}, "max_distance is 4"),
        ({"max_position_embeddings": 0}, "max_position_embeddings 0 leaves no position"),
        ({"activation_function": "swoosh"}, "activation_function 'swoosh' is not supported"),
    ],
    ids=str,
)
def test_what_is_refused(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    build_checkpoint(PROPHET_NET, tmp_path)
    rewrite_json(tmp_path / "config.json", **settings)
    with pytest.raises(CheckpointError, match=message):
        load_model(str(tmp_path), dtype="float32")


def test_streams_that_are_missing(tmp_path: Path) -> None:
    build_checkpoint(PROPHET_NET, tmp_path)
    rewrite_tensors(tmp_path, lambda tensors: tensors.pop(STREAMS))
    with pytest.raises(CheckpointError, match="ngram_embeddings"):
        load_model(str(tmp_path), dtype="float32")
