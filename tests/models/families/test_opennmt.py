"""Recurrent models that OpenNMT-py trained give here what OpenNMT-py made of them."""

from __future__ import annotations

import random
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from crosslate.models.engine.request import GenerationParams
from crosslate.models.loading import DType, load_model
from tests.models.families.refusing import refuse
from tests.models.families.trained_models import (
    BEAMS,
    FOLDER,
    GREEDY,
    Trained,
    changed_copy,
    check_as_trained,
    check_batching_is_invisible,
    check_maps_with_fewer_bits,
)

ARCHIVE = FOLDER / "opennmt-3.5.tar.xz"
NAMES = ("dot", "concat", "unfed")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    root = tmp_path_factory.mktemp("trained")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    for name in NAMES:
        shutil.copy(root / "vocab.spm", root / name)
    return {name: Trained(root / name) for name in NAMES}


@pytest.fixture(params=NAMES)
def trained(models: dict[str, Trained], request: pytest.FixtureRequest) -> Trained:
    return models[request.param]


@pytest.mark.parametrize(("num_beams", "params"), [(1, GREEDY), (4, BEAMS)])
def test_opennmts_tokens_scores_and_attention(
    trained: Trained, num_beams: int, params: GenerationParams
) -> None:
    check_as_trained(trained, num_beams, params)


def test_rows_that_come_and_go_beside_each_other(trained: Trained) -> None:
    check_batching_is_invisible(trained)


@pytest.mark.parametrize("dtype", ["int8", "bfloat16"])
def test_with_fewer_bits_it_looks_where_it_did(trained: Trained, dtype: DType) -> None:
    check_maps_with_fewer_bits(trained, dtype)


@pytest.fixture
def changed(models: dict[str, Trained], tmp_path: Path) -> Callable[..., Path]:
    """See `changed_copy`."""

    def make(change: Callable[[dict[str, Any]], object], name: str = "concat") -> Path:
        return changed_copy(models[name], tmp_path / "model", change)

    return make


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("decoder_type", "cnn"),
        ("encoder_type", "cnn"),
        ("rnn_type", "SRU"),
        ("copy_attn", True),
        ("coverage_attn", True),
        ("context_gate", "both"),
        ("global_attention_function", "sparsemax"),
        ("global_attention", "none"),
    ],
)
def test_what_is_not_built_is_refused_by_name(
    changed: Callable[..., Path], option: str, value: object
) -> None:
    refuse(changed(lambda content: setattr(content["opt"], option, value)), f"{option} is {value!r}")


def test_encoder_and_decoder_of_unlike_size(changed: Callable[..., Path]) -> None:
    def change(content: dict[str, Any]) -> None:
        vars(content["opt"]).update(word_vec_size=-1, src_word_vec_size=12, tgt_word_vec_size=16)

    refuse(changed(change), "src_word_vec_size is 12 and tgt_word_vec_size 16")


@pytest.mark.parametrize("transforms", [["onmt_tokenize"], ["sentencepiece", "prefix"], []])
def test_texts_that_went_another_way(changed: Callable[..., Path], transforms: list[str]) -> None:
    def change(content: dict[str, Any]) -> None:
        content["opt"].transforms = transforms
        content["opt"].data = {}

    refuse(changed(change), transforms[-1] if transforms else "none", "supported: sentencepiece")


def test_the_names_of_version_2(changed: Callable[..., Path], models: dict[str, Trained]) -> None:
    """As its own conversion to version 3 leaves them."""

    def change(content: dict[str, Any]) -> None:
        content["generator"] = {f"0.{name}": value for name, value in content["generator"].items()}

    found, expected = load_model(str(changed(change)), dtype="float32"), models["concat"].loaded
    for name, value in expected.model.named_parameters():
        assert torch.equal(found.model.get_parameter(name), value)


def test_pickled_objects_are_refused(changed: Callable[..., Path]) -> None:
    """Such as the vocabularies of version 2."""
    folder = changed(lambda content: content.update(vocab=random.Random(0)))
    refuse(folder, "convertv2_v3.py", str(folder / "model.pt"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x80\x02."])
def test_a_damaged_file(models: dict[str, Trained], tmp_path: Path, content: bytes) -> None:
    folder = Path(shutil.copytree(models["dot"].folder, tmp_path / "model"))
    (folder / "model.pt").write_bytes(content)
    refuse(folder, "model.pt", "damaged")


def test_another_programs_file(changed: Callable[..., Path]) -> None:
    refuse(changed(lambda content: content.pop("vocab")), "no checkpoint of OpenNMT-py")


def test_lists_that_are_none(changed: Callable[..., Path]) -> None:
    refuse(changed(lambda content: content["vocab"].update(src={"a": 1})), "no lists of tokens")


def test_missing_tensors_are_named(changed: Callable[..., Path]) -> None:
    folder = changed(lambda content: content["model"].pop("decoder.rnn.layers.0.bias_hh"))
    refuse(folder, "missing: decoder.rnn.layers.0.bias_hh.f")


def test_tied_tensors_that_differ(changed: Callable[..., Path]) -> None:
    refuse(
        changed(
            lambda content: content["generator"].update(weight=content["generator"]["weight"] + 1), "concat"
        ),
        "generator.weight should be tied",
    )


def test_several_checkpoints(models: dict[str, Trained], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models["dot"].folder, tmp_path / "model"))
    shutil.copy(folder / "model.pt", folder / "model_step_100.pt")
    refuse(folder, "several files that could be the checkpoint", "model_step_100.pt")


def test_a_lost_sentencepiece_model(models: dict[str, Trained], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models["dot"].folder, tmp_path / "model"))
    (folder / "vocab.spm").unlink()
    refuse(folder, "lacks the SentencePiece models", "vocab.spm")


def test_special_tokens_in_a_text_are_text(models: dict[str, Trained]) -> None:
    tokenizer = models["dot"].loaded.tokenizer
    tokens = tokenizer.tokenize_source("a1 </s> a2")
    assert tokens.ids[1] == tokenizer.unknown_token_id
    assert [tokens.text[span[0] : span[1]] for span in tokens.spans if span] == ["a1", "</s>", "a2"]
    assert tokenizer.tokenize_source(" ").ids == [tokenizer.unknown_token_id]
    assert tokenizer.decode(tokenizer.tokenize_target("A1 B2").ids) == "A1 B2"
    assert tokenizer.decode([tokenizer.unknown_token_id or 0]) == "⁇"
