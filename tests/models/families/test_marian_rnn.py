"""Recurrent models that Marian trained give here what Marian made of them."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from crosslate.models.engine.request import GenerationParams
from crosslate.models.errors import CheckpointError
from crosslate.models.families.marian_rnn import spec_from_options, today_name
from crosslate.models.loading import DType, load_model
from tests.models.families.trained_models import (
    BEAMS,
    FOLDER,
    GREEDY,
    Trained,
    alignment_error,
    check_as_trained,
    check_batching_is_invisible,
)

ARCHIVE = FOLDER / "marian-1.12.tar.xz"
NAMES = ("planted", "deep", "lstm", "unidirectional", "amun", "nematus")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trained")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    for name in NAMES:
        shutil.copy(root / "vocab.spm", root / name / "vocab.xxyy.spm")
    return root


@pytest.fixture(scope="module")
def models(unpacked: Path) -> dict[str, Trained]:
    return {name: Trained(unpacked / name) for name in NAMES}


@pytest.fixture(params=NAMES)
def trained(models: dict[str, Trained], request: pytest.FixtureRequest) -> Trained:
    return models[request.param]


@pytest.mark.parametrize(("num_beams", "params"), [(1, GREEDY), (4, BEAMS)])
def test_marians_tokens_scores_and_attention(
    trained: Trained, num_beams: int, params: GenerationParams
) -> None:
    check_as_trained(trained, num_beams, params)


def test_rows_that_come_and_go_beside_each_other(trained: Trained) -> None:
    check_batching_is_invisible(trained)


@pytest.mark.parametrize("dtype", ["float32", "int8", "bfloat16"])
def test_planted_links_are_recovered(models: dict[str, Trained], dtype: DType) -> None:
    """Of what was trained with links: alignment error at most 0.02 (Och & Ney 2003)."""
    planted = models["planted"]
    model = load_model(str(planted.folder), dtype=dtype)
    assert model.alignment.layer == 0
    assert alignment_error(model, planted.expected["tests"]) <= 0.02


def test_int8_writes_what_was_learned(models: dict[str, Trained]) -> None:
    planted = models["planted"]
    model = load_model(str(planted.folder), dtype="int8")
    outputs = model.make_engine().generate(planted.requests([BEAMS] * len(planted.texts)))
    expected = [one["text"] for one in planted.expected["outputs"]["4"]]
    found = [model.tokenizer.decode(output.token_ids) for output in outputs]
    assert sum(a == b for a, b in zip(found, expected, strict=True)) >= len(expected) - 1


def options_of(trained: Trained) -> dict[str, Any]:
    with np.load(trained.folder / "model.npz") as arrays:
        found: dict[str, Any] = yaml.safe_load(arrays["special:model.yml"].tobytes().rstrip(b"\0"))
        return found


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("enc-cell", "mlstm"),
        ("dec-cell", "sru"),
        ("enc-type", "char"),
        ("dim-rnn", 0),
        ("dec-cell-base-depth", "two"),
        ("right-left", True),
        ("dim-vocabs", [62]),
    ],
)
def test_what_is_not_built_is_refused_by_name(models: dict[str, Trained], option: str, value: object) -> None:
    options = options_of(models["planted"])
    spec_from_options(options, eos_token_id=0)
    with pytest.raises(CheckpointError, match=rf"{option} is {value!r}".replace("[", r"\[")):
        spec_from_options(options | {option: value}, eos_token_id=0)


def test_transitions_that_marian_cannot_run_either(models: dict[str, Trained]) -> None:
    nematus = {"enc-cell": "gru-nematus", "enc-cell-depth": 2, "enc-type": "bi-unidirectional"}
    with pytest.raises(CheckpointError, match="enc-cell-depth is 2"):
        spec_from_options(options_of(models["planted"]) | nematus, eos_token_id=0)


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("decoder_U_nl_drt_1_lns", "decoder_cell3_U_lns"),
        ("encoder_r_Ux_drt_2", "encoder_bi_r_cell3_Ux"),
        ("decoder_Wcx_lnb", "decoder_cell2_Wx_lnb"),
        ("decoder_Wc_att_lns", "decoder_Wc_att_lns"),
        ("ff_logit_lstm_b", "decoder_ff_logit_l1_b1"),
        ("ff_logit_W", "decoder_ff_logit_l2_W"),
        ("ff_logit_l1_gamma2", "decoder_ff_logit_l1_gamma2"),
        ("encoder_bi_gamma1", "encoder_bi_gamma1"),
    ],
)
def test_older_names(old: str, today: str) -> None:
    assert today_name(old, is_tied=False) == today


def test_a_tied_table_keeps_its_name() -> None:
    assert today_name("Wemb", is_tied=True) == "Wemb"
    assert today_name("Wemb", is_tied=False) == "encoder_Wemb"


def test_training_files_beside_the_model_do_not_count(models: dict[str, Trained], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models["amun"].folder, tmp_path / "model"))
    shutil.copy(folder / "model.npz", folder / "model.npz.optimizer.npz")
    assert load_model(str(folder), dtype="float32").spec.family == "marian-rnn"
    shutil.copy(folder / "model.npz", folder / "model.npz.best-bleu.npz")
    with pytest.raises(CheckpointError, match="several files"):
        load_model(str(folder), dtype="float32")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x93NUMPY\x01\x00"])
def test_a_damaged_numpy_file(models: dict[str, Trained], tmp_path: Path, content: bytes) -> None:
    folder = Path(shutil.copytree(models["amun"].folder, tmp_path / "model"))
    (folder / "model.npz").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"model\.npz"):
        load_model(str(folder), dtype="float32")


def test_pickles_in_a_numpy_file_are_refused(models: dict[str, Trained], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models["amun"].folder, tmp_path / "model"))
    with np.load(folder / "model.npz") as arrays:
        found = dict(arrays)
    found["decoder_b_att"] = np.array([{"a": "pickle"}], dtype=object)
    np.savez(folder / "model.npz", **found)
    with pytest.raises(CheckpointError, match=r"model\.npz"):
        load_model(str(folder), dtype="float32")
