"""What checkpoints with experts differ in, what is refused of them, and what they do not depend on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from crosslate.models.engine.request import GenerationRequest
from crosslate.models.errors import CheckpointError
from crosslate.models.families import nllb_moe, switch_transformers
from crosslate.models.loading import load_model
from crosslate.models.specs.spec import stacks_of
from tests.models.families.cases import EXPERTS
from tests.models.families.parity import (
    Case,
    Checkpoint,
    build_checkpoint,
    encoder_states,
    load_checkpoint,
    reference_output,
    reference_tokens,
)
from tests.models.families.refusing import refuse

NLLB, SWITCH = EXPERTS


def changed(case: Case, **settings: object) -> Case:
    return replace(case, settings=case.settings | settings)


def generated(checkpoint: Checkpoint) -> list[list[int]]:
    requests = [GenerationRequest(source_ids=source) for source in checkpoint.sources]
    return [output.token_ids for output in checkpoint.engine.generate(requests)]


def sparse_layers(checkpoint: Checkpoint) -> tuple[tuple[int, ...], ...]:
    spec = stacks_of(checkpoint.loaded.spec)
    return tuple(() if s.experts is None else s.experts.layers for s in (spec.encoder, spec.decoder))


@pytest.mark.parametrize(
    ("case", "settings", "layers"),
    [
        (NLLB, {"router_bias": True, "moe_token_dropout": 0.0}, ((1,), (0, 1))),
        (NLLB, {"normalize_router_prob_before_dropping": True, "num_experts": 2}, ((1,), (0, 1))),
        (NLLB, {"encoder_sparse_step": 0, "decoder_sparse_step": 2}, ((), (1,))),
        (NLLB, {"batch_prioritized_routing": True, "activation_function": "gelu"}, ((1,), (0, 1))),
        (SWITCH, {"num_sparse_encoder_layers": 0, "num_sparse_decoder_layers": 1}, ((1,), (1,))),
        (SWITCH, {"num_layers": 2, "num_sparse_encoder_layers": 5}, ((), (0, 1))),
        (SWITCH, {"num_layers": 4, "num_sparse_encoder_layers": 2}, ((1, 3), (0, 1))),
        (SWITCH, {"dense_act_fn": "gelu", "num_experts": 1, "router_bias": False}, ((1,), (0, 1))),
    ],
    ids=str,
)
def test_configurations(
    tmp_path: Path, case: Case, settings: dict[str, Any], layers: tuple[tuple[int, ...], ...]
) -> None:
    checkpoint = build_checkpoint(changed(case, **settings), tmp_path)
    assert sparse_layers(checkpoint) == layers
    assert generated(checkpoint) == reference_tokens(checkpoint, num_beams=1)
    source, target = checkpoint.sources[:2]
    expected = torch.cat(reference_output(checkpoint, source, target).cross_attentions)
    torch.testing.assert_close(checkpoint.engine.align(source, target), expected, rtol=0.0, atol=1e-5)


@pytest.mark.parametrize(
    ("case", "capacity"),
    [(NLLB, {"moe_eval_capacity_token_fraction": 0.2}), (SWITCH, {"expert_capacity": 1})],
)
def test_no_token_is_dropped(tmp_path: Path, case: Case, capacity: dict[str, float]) -> None:
    """Where the reference's experts are full, it gives what is given here if they are told to hold all."""
    checkpoint = build_checkpoint(changed(case, **capacity), tmp_path)
    source = checkpoint.sources[-1]
    ours = encoder_states(checkpoint)[-1]
    full = reference_output(checkpoint, source, source).encoder_last_hidden_state[0]
    assert (full - ours).abs().max() > 0.1
    config = json.loads((tmp_path / "config.json").read_text())
    roomy = {name: 1.0 if name.startswith("moe") else 64 for name in capacity}
    (tmp_path / "config.json").write_text(json.dumps(config | roomy))
    with_room = load_checkpoint(case, tmp_path)
    expected = reference_output(with_room, source, source).encoder_last_hidden_state[0]
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("case", EXPERTS, ids=str)
def test_experts_may_lie_in_many_files(tmp_path: Path, case: Case) -> None:
    checkpoint = build_checkpoint(case, tmp_path / "one")
    checkpoint.reference.save_pretrained(tmp_path / "many", max_shard_size="30KB")  # type: ignore[call-arg]
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "many" / name).write_bytes((tmp_path / "one" / name).read_bytes())
    assert len(list((tmp_path / "many").glob("model-*.safetensors"))) > 5
    loaded = load_model(str(tmp_path / "many"), dtype="float32")
    parameters = dict(checkpoint.loaded.model.named_parameters())
    for name, parameter in loaded.model.named_parameters():
        assert torch.equal(parameter, parameters[name])


def test_a_missing_expert_is_named(tmp_path: Path) -> None:
    build_checkpoint(NLLB, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"num_experts": 6}))
    refuse(
        tmp_path,
        "missing: model.encoder.layers.1.ffn.experts.expert_5.fc1.weight",
        "ffn.router.classifier.weight [5, 32] cannot fill",
    )


def test_tables_of_their_own_are_refused(tmp_path: Path) -> None:
    """Version 5 takes `tie_word_embeddings` to mean source and target, too; earlier ones had one table."""
    with pytest.raises(CheckpointError, match=r"encoder.* should be tied to shared"):
        build_checkpoint(changed(SWITCH, tie_word_embeddings=False), tmp_path)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"second_expert_policy": "sampling"}, "second_expert_policy 'sampling' draws at random"),
        ({"second_expert_policy": "random"}, "second_expert_policy 'random' draws at random"),
        ({"num_experts": None}, "does not say num_experts"),
        ({"encoder_sparse_step": "4"}, "does not say encoder_sparse_step"),
        ({"moe_token_dropout": "none"}, "moe_token_dropout is 'none', not a number"),
    ],
)
def test_what_nllb_moe_has_not(changes: dict[str, object], named: str) -> None:
    with pytest.raises(CheckpointError, match=named):
        nllb_moe.spec_from_config(config_of(NLLB) | changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"dense_act_fn": "gated-gelu"}, "dense_act_fn 'gated-gelu': Switch Transformers with gates"),
        ({"is_gated_act": True}, "Switch Transformers with gates"),
        ({"num_experts": None}, "does not say num_experts"),
    ],
)
def test_what_switch_transformers_have_not(changes: dict[str, object], named: str) -> None:
    with pytest.raises(CheckpointError, match=named):
        switch_transformers.spec_from_config(config_of(SWITCH) | changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"num_experts": 1}, "num_experts is 1"), ({"moe_token_dropout": 1.0}, "output_scale")],
)
def test_numbers_that_no_network_can_have(tmp_path: Path, changes: dict[str, float], named: str) -> None:
    config = {"model_type": "nllb-moe", **config_of(NLLB), **changes}
    (tmp_path / "config.json").write_text(json.dumps(config))
    refuse(tmp_path, "config.json describes no network", named)


def config_of(case: Case) -> dict[str, Any]:
    return {"vocab_size": 120, "decoder_start_token_id": 2, **case.settings}
