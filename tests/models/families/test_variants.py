"""What checkpoints of one family differ in, and what is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from crosslate.models.engine.request import GenerationRequest
from crosslate.models.errors import CheckpointError
from crosslate.models.families import t5gemma
from crosslate.models.families.registry import FAMILIES, REFUSED
from crosslate.models.loading import load_engine, load_model
from tests.models.families.bart_cases import BART_LIKE, BESIDE_BART
from tests.models.families.cases import GEMMA_SIDE, LONG_INPUTS, T5_LIKE
from tests.models.families.parity import (
    Case,
    Checkpoint,
    build_checkpoint,
    load_checkpoint,
    reference_output,
    reference_tokens,
)

BART, MBART, _, PEGASUS, M2M100 = BART_LIKE
T5 = T5_LIKE[0]
LED = LONG_INPUTS[0]


def rewrite_tensors(folder: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def rewrite_json(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def assert_equals_reference(checkpoint: Checkpoint) -> None:
    outputs = checkpoint.engine.generate([GenerationRequest(source_ids=s) for s in checkpoint.sources])
    assert [output.token_ids for output in outputs] == reference_tokens(checkpoint, num_beams=1)
    source, target = checkpoint.sources[:2]
    expected = torch.cat(reference_output(checkpoint, source, target).cross_attentions)
    torch.testing.assert_close(checkpoint.engine.align(source, target), expected, rtol=0.0, atol=1e-5)


@pytest.mark.parametrize(
    ("case", "settings"),
    [
        (BART, {"tie_word_embeddings": False}),
        (BART, {"scale_embedding": True, "encoder_layers": 1, "activation_function": "gelu_new"}),
        (MBART, {"decoder_start_token_id": 7}),
        (PEGASUS, {"scale_embedding": True, "decoder_layers": 1}),
        (M2M100, {"tie_word_embeddings": False, "activation_function": "swish"}),
        (M2M100, {"pad_token_id": 3}),
        (T5, {"feed_forward_proj": "gated-silu", "num_layers": 1, "num_decoder_layers": 1}),
        (T5, {"feed_forward_proj": "gelu"}),
    ],
    ids=str,
)
def test_configurations(tmp_path: Path, case: Case, settings: dict[str, Any]) -> None:
    changed = replace(case, settings=case.settings | settings)
    assert_equals_reference(build_checkpoint(changed, tmp_path))


def test_an_output_projection_that_differs_is_not_tied(tmp_path: Path) -> None:
    build_checkpoint(BART, tmp_path)
    rewrite_tensors(
        tmp_path, lambda t: t.update({"lm_head.weight": torch.randn_like(t["model.shared.weight"])})
    )
    checkpoint = load_checkpoint(BART, tmp_path)
    assert not checkpoint.loaded.spec.tie_output
    assert_equals_reference(checkpoint)


def test_only_a_copy_of_the_embedding_is_stored(tmp_path: Path) -> None:
    build_checkpoint(M2M100, tmp_path)
    rewrite_tensors(tmp_path, lambda t: t.update({"lm_head.weight": t.pop("model.shared.weight")}))
    assert_equals_reference(load_checkpoint(M2M100, tmp_path))


def test_no_output_bias_is_stored(tmp_path: Path) -> None:
    build_checkpoint(BART, tmp_path)
    rewrite_tensors(tmp_path, lambda t: t.pop("final_logits_bias"))
    assert_equals_reference(load_checkpoint(BART, tmp_path))


def test_the_generation_configs_start_token_wins(tmp_path: Path) -> None:
    build_checkpoint(MBART, tmp_path)
    rewrite_json(tmp_path / "generation_config.json", decoder_start_token_id=9)
    checkpoint = load_checkpoint(MBART, tmp_path)
    assert checkpoint.loaded.spec.decoder_start_token_id == 9
    assert_equals_reference(checkpoint)


@pytest.mark.parametrize("case", [BART, PEGASUS, M2M100, LED, *BESIDE_BART], ids=str)
def test_what_decoding_begins_with_where_no_file_says_it(tmp_path: Path, case: Case) -> None:
    """What its class has, as in versions 4 of `transformers`, when folders were like this; 5 takes `<s>`."""
    build_checkpoint(case, tmp_path)
    (tmp_path / "generation_config.json").unlink()
    settings = json.loads((tmp_path / "config.json").read_text())
    settings.pop("decoder_start_token_id", None)
    (tmp_path / "config.json").write_text(json.dumps(settings))
    checkpoint = load_checkpoint(case, tmp_path)
    expected = checkpoint.reference.config.decoder_start_token_id
    assert checkpoint.loaded.spec.decoder_start_token_id == expected


def test_unsupported_families_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "whisper"}))
    with pytest.raises(CheckpointError, match=r"'whisper' is not supported.*m2m_100.*t5"):
        load_engine(str(tmp_path), dtype="float32")


@pytest.mark.parametrize("model_type", sorted(REFUSED))
def test_what_is_asked_for_and_not_served_is_refused_with_a_reason(tmp_path: Path, model_type: str) -> None:
    assert model_type not in FAMILIES
    (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type}))
    with pytest.raises(CheckpointError) as raised:
        load_model(str(tmp_path), dtype="float32")
    assert f"not supported ({REFUSED[model_type]})" in str(raised.value)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"num_key_value_heads": 3}, "num_attention_heads 4 is no multiple of num_key_value_heads 3"),
        ({"layer_types": ["full_attention", "chunked_attention"]}, "layer_types"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "rotary positions, here 'yarn'"),
    ],
)
def test_what_t5gemma_has_not(changed: dict[str, object], named: str) -> None:
    encoder = {**GEMMA_SIDE, **changed}
    with pytest.raises(CheckpointError, match=named):
        t5gemma.spec_from_config({"encoder": encoder, "decoder": GEMMA_SIDE})


def test_a_t5gemma_whose_decoder_reads_another_encoder() -> None:
    decoder = GEMMA_SIDE | {"cross_attention_hidden_size": 64}
    with pytest.raises(CheckpointError, match=r"cross_attention_hidden_size 64 differs .* 32"):
        t5gemma.spec_from_config({"encoder": GEMMA_SIDE, "decoder": decoder})


def test_t5gemma_without_a_side() -> None:
    with pytest.raises(CheckpointError, match="describes no decoder"):
        t5gemma.spec_from_config({"encoder": GEMMA_SIDE})


def test_an_incomplete_configuration_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bart", "d_model": 16}))
    with pytest.raises(CheckpointError, match="vocab_size"):
        load_model(str(tmp_path), dtype="float32")


def test_an_unknown_activation_is_refused(tmp_path: Path) -> None:
    build_checkpoint(BART, tmp_path)
    rewrite_json(tmp_path / "config.json", activation_function="quick_gelu")
    with pytest.raises(CheckpointError, match=r"quick_gelu.*supported: relu"):
        load_model(str(tmp_path), dtype="float32")


@pytest.mark.parametrize("case", [BART, T5], ids=str)
def test_a_learned_table_ends_where_it_ends(tmp_path: Path, case: Case) -> None:
    """The longest target that is accepted can be aligned at both rows."""
    checkpoint = build_checkpoint(case, tmp_path)
    longest = checkpoint.loaded.spec.max_target_tokens
    maps = checkpoint.engine.align(checkpoint.sources[0], [5] * longest)
    assert maps.shape[2] == longest
    assert bool(torch.isfinite(maps).all())


def test_led_reads_the_first_token_as_its_checkpoints_were_trained(tmp_path: Path) -> None:
    """`transformers` leaves it to the caller, and without a mask no token is global: not what was trained."""
    checkpoint = build_checkpoint(LED, tmp_path)
    source, target = checkpoint.sources[3], checkpoint.sources[1]
    start = checkpoint.loaded.spec.decoder_start_token_id
    decoder_ids = torch.tensor([[start, *target[:-1]]])
    with torch.inference_mode():
        plain = torch.cat(
            checkpoint.reference(
                input_ids=torch.tensor([source]),
                decoder_input_ids=decoder_ids,
                output_attentions=True,
                use_cache=False,
            ).cross_attentions
        )
    masked = torch.cat(reference_output(checkpoint, source, target).cross_attentions)
    ours = checkpoint.engine.align(source, target)
    torch.testing.assert_close(ours, masked, rtol=0, atol=1e-5)
    assert (ours - plain).abs().max() > 0.1
    rewrite_json(tmp_path / "config.json", num_global_tokens=0)
    without = load_engine(str(tmp_path), dtype="float32").align(source, target)
    torch.testing.assert_close(without, plain, rtol=0, atol=1e-5)
