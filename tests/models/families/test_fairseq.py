"""Recurrent models that fairseq trained give here what fairseq made of them."""

from __future__ import annotations

import random
import shutil
import tarfile
from argparse import Namespace
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

ARCHIVE = FOLDER / "fairseq-0.12.tar.xz"
NAMES = ("wide", "tied", "narrow")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    root = tmp_path_factory.mktemp("trained")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    return {name: Trained(root / name) for name in NAMES}


@pytest.fixture(params=NAMES)
def trained(models: dict[str, Trained], request: pytest.FixtureRequest) -> Trained:
    return models[request.param]


@pytest.mark.parametrize(("num_beams", "params"), [(1, GREEDY), (4, BEAMS)])
def test_fairseqs_tokens_scores_and_attention(
    trained: Trained, num_beams: int, params: GenerationParams
) -> None:
    check_as_trained(trained, num_beams, params)
    assert trained.loaded.pairs == (("xx", "yy"),)


def test_rows_that_come_and_go_beside_each_other(models: dict[str, Trained]) -> None:
    check_batching_is_invisible(models["wide"])


@pytest.mark.parametrize("dtype", ["int8", "bfloat16"])
def test_with_fewer_bits_it_looks_where_it_did(models: dict[str, Trained], dtype: DType) -> None:
    check_maps_with_fewer_bits(models["wide"], dtype)


@pytest.fixture
def changed(models: dict[str, Trained], tmp_path: Path) -> Callable[..., Path]:
    """See `changed_copy`."""

    def make(change: Callable[[dict[str, Any]], object], name: str = "wide") -> Path:
        return changed_copy(models[name], tmp_path / "model", change)

    return make


def options(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = vars(content["cfg"]["model"])
    return found


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("arch", "fconv"),
        ("arch", "lstm_lm"),
        ("decoder_attention", "0"),
        ("criterion", "adaptive_loss"),
        ("encoder_layers", 1),
        ("decoder_embed_dim", 16),
        ("encoder_embed_dim", "large"),
    ],
)
def test_what_is_not_built_is_refused_by_name(
    changed: Callable[..., Path], option: str, value: object
) -> None:
    refuse(changed(lambda content: options(content).update({option: value})), option, repr(value))


def test_options_as_older_versions_kept_them(
    changed: Callable[..., Path], models: dict[str, Trained]
) -> None:
    """In one `args`, before 0.10."""

    def change(content: dict[str, Any]) -> None:
        content["args"] = Namespace(**{**content["cfg"]["task"], **options(content)})
        del content["cfg"]

    found, expected = load_model(str(changed(change)), dtype="float32"), models["wide"].loaded
    for name, value in expected.model.named_parameters():
        assert torch.equal(found.model.get_parameter(name), value)


def test_pickled_objects_are_refused(changed: Callable[..., Path]) -> None:
    folder = changed(lambda content: content.update(extra_state=random.Random(0)))
    refuse(folder, "load_checkpoint_to_cpu", str(folder / "model.pt"))


def test_another_programs_file(changed: Callable[..., Path]) -> None:
    refuse(changed(lambda content: content.pop("cfg")), "no checkpoint of fairseq")


def test_missing_tensors_are_named(changed: Callable[..., Path]) -> None:
    folder = changed(lambda content: content["model"].pop("decoder.encoder_cell_proj.bias"))
    refuse(folder, "missing: decoder.encoder_cell_proj.bias")


def test_tied_tensors_that_differ(changed: Callable[..., Path]) -> None:
    def change(content: dict[str, Any]) -> None:
        content["model"]["decoder.embed_tokens.weight"] = torch.zeros_like(
            content["model"]["decoder.embed_tokens.weight"]
        )

    refuse(changed(change, "tied"), "decoder.embed_tokens.weight should be tied")


@pytest.mark.parametrize(
    ("data", "name", "pair"),
    [
        ("/elsewhere/iwslt14.tokenized.yy-xx", "model", ("yy", "xx")),
        ("data", "xx-yy", ("xx", "yy")),
        ("data", "model-xx-zz", None),
    ],
)
def test_languages_that_the_options_do_not_say(
    changed: Callable[..., Path], data: str, name: str, pair: tuple[str, str] | None
) -> None:
    """Most are trained without naming them: fairseq finds them in the data then."""

    def change(content: dict[str, Any]) -> None:
        options(content).update(data=data, source_lang=None, target_lang=None)
        content["cfg"]["task"].update(data=data, source_lang=None, target_lang=None)

    folder = changed(change)
    folder = folder.rename(folder.with_name(name))
    if pair is None:
        refuse(folder, "give the folder a name that ends in SOURCE-TARGET")
    else:
        assert load_model(str(folder), dtype="float32").pairs == (pair,)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "cannot be read"),
        (b"word\n", "line 1 is no token"),
        (b"word 1\nword 1\n", "line 2 repeats"),
        (b"\xff 1\n", "UTF-8"),
        (b"word 1\n", "embed_tokens"),
    ],
)
def test_a_dictionary_that_does_not_fit(
    models: dict[str, Trained], tmp_path: Path, content: bytes | None, fault: str
) -> None:
    folder = Path(shutil.copytree(models["wide"].folder, tmp_path / "model"))
    (folder / "dict.xx.txt").unlink()
    if content is not None:
        (folder / "dict.xx.txt").write_bytes(content)
    refuse(folder, fault)


def test_special_tokens_in_a_text_are_text(models: dict[str, Trained]) -> None:
    tokenizer = models["wide"].loaded.tokenizer
    assert tokenizer.encode_source("a1 </s> <pad>")[1:] == [3, 3, 2]
    assert tokenizer.decode([3, 2]) == "⁇"
