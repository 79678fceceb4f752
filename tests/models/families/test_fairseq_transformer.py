"""Transformers that fairseq trained give here what fairseq made of them."""

from __future__ import annotations

import tarfile
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.engine.request import AttentionSelection, GenerationParams
from crosslate.models.loading import DType, load_model
from tests.models.families.refusing import refuse
from tests.models.families.trained_models import (
    BEAMS,
    FOLDER,
    GREEDY,
    Trained,
    alignment_error,
    changed_copy,
    check_as_trained,
    check_batching_is_invisible,
    check_fixed_shapes,
    check_maps_with_fewer_bits,
)

ARCHIVE = FOLDER / "fairseq-0.12-transformer.tar.xz"
NUM_LAYERS = {"post": 3, "pre": 2, "guided": 2}
"""Of the decoder: fairseq shows the mean of the last one's heads."""
NORMS = {
    "self_attn_layer_norm": {"encoder": 0, "decoder": 0},
    "encoder_attn_layer_norm": {"decoder": 1},
    "final_layer_norm": {"encoder": 1, "decoder": 2},
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    root = tmp_path_factory.mktemp("trained")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    return {
        name: Trained(root / name, AttentionSelection(layer=num_layers - 1, row="output"))
        for name, num_layers in NUM_LAYERS.items()
    }


@pytest.mark.parametrize(("num_beams", "params"), [(1, GREEDY), (4, BEAMS)])
@pytest.mark.parametrize("name", NUM_LAYERS)
def test_fairseqs_tokens_scores_and_attention(
    models: dict[str, Trained], name: str, num_beams: int, params: GenerationParams
) -> None:
    check_as_trained(models[name], num_beams, params)
    assert models[name].loaded.pairs == (("xx", "yy"),)


def test_rows_that_come_and_go_beside_each_other(models: dict[str, Trained]) -> None:
    check_batching_is_invisible(models["pre"])
    check_fixed_shapes(models["guided"])


@pytest.mark.parametrize("dtype", ["int8", "bfloat16"])
def test_with_fewer_bits_it_looks_where_it_did(models: dict[str, Trained], dtype: DType) -> None:
    check_maps_with_fewer_bits(models["post"], dtype)


def test_heads_that_were_trained_to_be_the_alignment(models: dict[str, Trained]) -> None:
    guided = models["guided"].loaded
    assert guided.alignment == AlignmentConfig(layer=1, heads=(0, 1), row="output")
    assert alignment_error(guided, models["guided"].expected["tests"], guided.alignment.selection) < 0.05
    assert models["post"].loaded.alignment == AlignmentConfig(layer=2, row="input")


@pytest.fixture
def changed(models: dict[str, Trained], tmp_path: Path) -> Callable[..., Path]:
    """See `changed_copy`."""

    def make(change: Callable[[dict[str, Any]], object], name: str = "pre") -> Path:
        return changed_copy(models[name], tmp_path / "model", change)

    return make


def options(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = vars(content["cfg"]["model"])
    return found


def check_same(folder: Path, expected: Trained) -> None:
    found = load_model(str(folder), dtype="float32")
    assert found.spec == expected.loaded.spec
    for name, value in expected.loaded.model.named_parameters():
        assert torch.equal(found.model.get_parameter(name), value)


def test_the_names_of_older_versions(changed: Callable[..., Path], models: dict[str, Trained]) -> None:
    """Three projections in one, norms by number, and another name of what writes tokens."""

    def change(content: dict[str, Any]) -> None:
        tensors = content["model"]
        for name in [name for name in tensors if ".q_proj." in name]:
            parts = [tensors.pop(name.replace(".q_", f".{p}_")) for p in "qkv"]
            tensors[name.replace("q_proj.", "in_proj_")] = torch.cat(parts)
        for name in [name for name in tensors if ".layers." in name]:
            side, *_, norm, _ = name.split(".")
            if norm in NORMS:
                tensors[name.replace(norm, f"layer_norms.{NORMS[norm][side]}")] = tensors.pop(name)
        tensors["decoder.embed_out"] = tensors.pop("decoder.output_projection.weight")

    check_same(changed(change), models["pre"])


def test_options_in_groups(changed: Callable[..., Path], models: dict[str, Trained]) -> None:
    """As fairseq-hydra-train writes them."""

    def change(content: dict[str, Any]) -> None:
        given = options(content)
        groups: dict[str, Any] = {"_name": "transformer"}
        for name, value in given.items():
            side, _, rest = name.partition("_")
            if side in {"encoder", "decoder"}:
                groups.setdefault(side, {})[rest] = value
            elif name not in {"arch", "task"}:
                groups[name] = value
        content["cfg"]["model"] = groups

    check_same(changed(change), models["pre"])


def test_options_as_older_versions_kept_them(
    changed: Callable[..., Path], models: dict[str, Trained]
) -> None:
    """In one `args`, before 0.10."""

    def change(content: dict[str, Any]) -> None:
        content["args"] = Namespace(**{**content["cfg"]["task"], **options(content)})
        del content["cfg"]

    check_same(changed(change), models["pre"])


def test_the_first_versions_had_no_norm_after_the_last_layer(changed: Callable[..., Path]) -> None:
    def change(content: dict[str, Any]) -> None:
        for side in ("encoder", "decoder"):
            content["model"][f"{side}.version"] = torch.ones(1)
            for kind in ("weight", "bias"):
                del content["model"][f"{side}.layer_norm.{kind}"]

    model = load_model(str(changed(change)), dtype="float32").model
    assert model.encoder.get_submodule("layers") is not None
    assert not any("final_norm" in name for name, _ in model.named_parameters())


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("arch", "transformer_lm_gpt"),
        ("arch", "fconv"),
        ("adaptive_softmax_cutoff", [100]),
        ("cross_self_attention", True),
        ("decoder_layers_to_keep", "0,1"),
        ("activation_fn", "tanh"),
        ("scale_heads", True),
        ("encoder_layers", 0),
        ("encoder_attention_heads", 3),
        ("decoder_embed_dim", 32),
        ("max_source_positions", "many"),
        ("task", "translation_multi_simple_epoch"),
    ],
)
def test_what_is_not_built_is_refused_by_name(
    changed: Callable[..., Path], option: str, value: object
) -> None:
    refuse(changed(lambda content: options(content).update({option: value})), option, str(value))


def test_missing_tensors_are_named(changed: Callable[..., Path]) -> None:
    folder = changed(lambda content: content["model"].pop("decoder.layer_norm.bias"))
    refuse(folder, "missing: decoder.layer_norm.bias")


def test_tied_tensors_that_differ(changed: Callable[..., Path]) -> None:
    def change(content: dict[str, Any]) -> None:
        name = "decoder.output_projection.weight"
        content["model"][name] = content["model"][name] + 1

    refuse(changed(change, "post"), "decoder.output_projection.weight should be tied")
