"""Transformers that OpenNMT-py trained give here what OpenNMT-py made of them."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crosslate.models.engine.request import AttentionSelection, GenerationParams
from crosslate.models.loading import DType
from tests.models.families.refusing import refuse
from tests.models.families.trained_models import (
    BEAMS,
    FOLDER,
    GREEDY,
    Trained,
    changed_copy,
    check_as_trained,
    check_batching_is_invisible,
    check_fixed_shapes,
    check_maps_with_fewer_bits,
)

ARCHIVE = FOLDER / "opennmt-3.5-transformer.tar.xz"
NUM_LAYERS = {"interleaved": 2, "biased": 3, "gated": 2}
"""OpenNMT-py shows the first head of the last one."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    root = tmp_path_factory.mktemp("trained")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    for name in NUM_LAYERS:
        shutil.copy(root / "vocab.spm", root / name)
    return {
        name: Trained(root / name, AttentionSelection(layer=num_layers - 1, heads=(0,), row="output"))
        for name, num_layers in NUM_LAYERS.items()
    }


@pytest.mark.parametrize(("num_beams", "params"), [(1, GREEDY), (4, BEAMS)])
@pytest.mark.parametrize("name", NUM_LAYERS)
def test_opennmts_tokens_scores_and_attention(
    models: dict[str, Trained], name: str, num_beams: int, params: GenerationParams
) -> None:
    check_as_trained(models[name], num_beams, params)


def test_rows_that_come_and_go_beside_each_other(models: dict[str, Trained]) -> None:
    check_batching_is_invisible(models["biased"])
    check_fixed_shapes(models["interleaved"])


@pytest.mark.parametrize("dtype", ["int8", "bfloat16"])
def test_with_fewer_bits_it_looks_where_it_did(models: dict[str, Trained], dtype: DType) -> None:
    check_maps_with_fewer_bits(models["gated"], dtype)


@pytest.fixture
def changed(models: dict[str, Trained], tmp_path: Path) -> Callable[..., Path]:
    """See `changed_copy`."""

    def make(change: Callable[[dict[str, Any]], object], name: str = "biased") -> Path:
        return changed_copy(models[name], tmp_path / "model", change)

    return make


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("encoder_type", "brnn"),
        ("position_encoding", False),
        ("max_relative_positions", 20),
        ("max_relative_positions", -1),
        ("self_attn_type", "average"),
        ("num_kv", 2),
        ("parallel_residual", True),
        ("copy_attn", True),
        ("layer_norm", "batch"),
        ("heads", 3),
        ("transformer_ff", 0),
        ("word_vec_size", 12),
        ("hard_attention", True),
    ],
)
def test_what_is_not_built_is_refused_by_name(
    changed: Callable[..., Path], option: str, value: object
) -> None:
    folder = changed(lambda content: setattr(content["opt"], option, value))
    refuse(folder, option.removeprefix("word_"), str(value))


def test_missing_tensors_are_named(changed: Callable[..., Path]) -> None:
    folder = changed(lambda content: content["model"].pop("decoder.transformer_layers.1.layer_norm_2.bias"))
    refuse(folder, "missing: decoder.transformer_layers.1.layer_norm_2.bias")
