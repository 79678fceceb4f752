"""Hugging Face folders that are not as they should be, and what else stands in them."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import MarianMTModel

from crosslate.models.errors import CheckpointError
from crosslate.models.families.hugging_face import build_network
from crosslate.models.loading import DType, load_model
from tests.models.families.refusing import refuse

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


@pytest.fixture
def folder(marian_folder: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(marian_folder, tmp_path / "opus-mt-en-pt"))


def change_tensors(folder: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def change_json(path: Path, **changes: object) -> None:
    content = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(content | changes))


def test_pickles_beside_safetensors_do_not_matter(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"never read")
    load_model(str(folder), dtype="float32")


def test_a_configuration_that_lacks_something_is_named_with_its_folder(folder: Path) -> None:
    """Several models may be configured."""
    config = json.loads((folder / "config.json").read_text())
    del config["max_position_embeddings"]
    (folder / "config.json").write_text(json.dumps(config))
    refuse(folder, f"{folder / 'config.json'} does not say max_position_embeddings")


def test_without_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    refuse(folder, "has no model.safetensors")


def test_weights_that_are_cut(folder: Path) -> None:
    whole = (folder / WEIGHTS).read_bytes()
    for length in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        (folder / WEIGHTS).write_bytes(whole[:length])
        refuse(folder, WEIGHTS, "missing or damaged", "download it again")


@pytest.mark.parametrize("value", ["gpt2", [], {"a": 1}, None, 1])
def test_an_unsupported_family_is_named_with_those_that_are(folder: Path, value: object) -> None:
    change_json(folder / "config.json", model_type=value)
    refuse(folder, "config.json", f"model_type {value!r} is not supported", "marian")


@pytest.mark.parametrize("value", ["x", [1, "a"], {"a": 1}, 1.5, float("nan"), 10**30, -1])
@pytest.mark.parametrize("name", ["decoder_start_token_id", "eos_token_id"])
def test_ids_that_no_token_has(folder: Path, name: str, value: object) -> None:
    change_json(folder / "generation_config.json", **{name: value})
    refuse(folder, name)


def test_a_size_that_no_tensor_has(folder: Path) -> None:
    change_json(folder / "config.json", vocab_size=10**30)
    refuse(folder, "config.json: vocab_size is 1000")


@pytest.mark.parametrize("value", ["tanh", [], {"a": 1}, None, 1])
def test_an_unsupported_activation_is_named_with_those_that_are(folder: Path, value: object) -> None:
    change_json(folder / "config.json", activation_function=value)
    refuse(folder, f"activation_function {value!r} is not supported", "relu")


@pytest.mark.parametrize(
    ("content", "named"), [("{", "is not JSON"), ("[1]", "JSON object"), ("", "is not JSON")]
)
@pytest.mark.parametrize("name", ["config.json", "generation_config.json", "tokenizer_config.json"])
def test_settings_that_cannot_be_read(folder: Path, name: str, content: str, named: str) -> None:
    (folder / name).write_text(content)
    refuse(folder, name, named)


def test_a_folder_without_config(folder: Path) -> None:
    (folder / "config.json").unlink()
    refuse(folder, "holds no model that is known here", "model.safetensors) without the config.json")


def test_every_fault_of_the_weights_is_listed_at_once(folder: Path) -> None:
    def spoil(tensors: dict[str, Tensor]) -> None:
        del tensors["model.encoder.layers.0.fc1.weight"]
        tensors["model.extra"] = torch.zeros(1)
        tensors["model.decoder.layers.1.fc2.weight"] = torch.zeros(32, 47)
        tensors["model.encoder.embed_tokens.weight"] = tensors["model.shared.weight"] + 1

    change_tensors(folder, spoil)
    refuse(
        folder,
        "(4 faults)",
        "missing: model.encoder.layers.0.fc1.weight",
        "unknown: model.extra",
        "mis-shaped: model.decoder.layers.1.fc2.weight [32, 47] cannot fill"
        " decoder.layers.1.feed_forward.outer.weight [32, 48]",
        "contradiction: model.encoder.embed_tokens.weight should be tied to model.shared.weight",
    )


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize(
    "name", ["model.encoder.layers.0.fc1.weight", "model.decoder.layers.0.fc2.bias", "final_logits_bias"]
)
def test_weights_that_are_no_numbers_are_named(folder: Path, dtype: DType, name: str) -> None:
    change_tensors(folder, lambda tensors: tensors[name].view(-1)[-1:].fill_(math.nan))
    with pytest.raises(CheckpointError, match=rf"{re.escape(name)} holds what are no numbers"):
        load_model(str(folder), dtype=dtype)


def test_a_configuration_of_another_size(folder: Path) -> None:
    change_json(folder / "config.json", encoder_layers=3)
    refuse(folder, "missing: model.encoder.layers.2.fc1.weight")


def test_shards(folder: Path, marian_reference: MarianMTModel) -> None:
    (folder / WEIGHTS).unlink()
    marian_reference.save_pretrained(folder, max_shard_size="20KB")
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 1
    loaded = load_model(str(folder), dtype="float32").model.decoder.embedding.weight
    assert torch.equal(loaded, marian_reference.model.shared.weight)
    shards[1].unlink()
    refuse(folder, shards[1].name, "missing or damaged")


@pytest.mark.parametrize(
    "content",
    [{}, {"weight_map": ["model.safetensors"]}, {"weight_map": {"a": 1}}, {"weight_map": {"a": "../other"}}],
)
def test_an_index_that_says_nothing_of_use(folder: Path, content: dict[str, object]) -> None:
    (folder / INDEX).write_text(json.dumps(content))
    refuse(folder, INDEX, "does not say which files hold the weights")


def test_the_pair_of_the_tokenizers_settings(folder: Path) -> None:
    change_json(folder / "tokenizer_config.json", source_lang="de", target_lang="fr")
    assert load_model(str(folder), dtype="float32").pairs == (("de", "fr"),)


def test_the_pair_of_the_repositorys_name(folder: Path, tmp_path: Path) -> None:
    """As the local cache keeps it: the folder itself is named by the commit."""
    (folder / "tokenizer_config.json").unlink()
    snapshot = tmp_path / "models--Helsinki-NLP--opus-mt-tc-big-en-pt" / "snapshots" / "0a1b2c"
    shutil.copytree(folder, snapshot)
    assert load_model(str(snapshot), dtype="float32").pairs == (("en", "pt"),)


def test_a_pair_that_nobody_names(folder: Path, tmp_path: Path) -> None:
    (folder / "tokenizer_config.json").unlink()
    assert load_model(str(folder.rename(tmp_path / "mine"))).pairs == ()


def test_the_licence_of_the_card(folder: Path) -> None:
    assert load_model(str(folder), dtype="float32").license is None
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: cc-by-4.0\n---\n# Model\n")
    assert load_model(str(folder), dtype="float32").license == "cc-by-4.0"


def test_the_checkpoints_own_generation_settings(folder: Path) -> None:
    change_json(folder / "generation_config.json", num_beams=6, max_length=30, no_repeat_ngram_size=3)
    params = load_model(str(folder), dtype="float32").default_params
    assert (params.num_beams, params.max_new_tokens, params.no_repeat_ngram_size) == (6, 29, 3)
    assert params.bad_words_ids is not None


@pytest.mark.parametrize(
    ("name", "value"), [("local_radius", 0), ("relative_attention_num_buckets", 1), ("num_heads", 0)]
)
def test_numbers_that_no_network_can_have(name: str, value: int) -> None:
    sizes = {"d_model": 8, "vocab_size": 9, "num_layers": 1, "num_heads": 2, "d_kv": 4, "d_ff": 8}
    config = {"model_type": "longt5", "encoder_attention_type": "local", **sizes, name: value}
    with pytest.raises(CheckpointError, match=rf"^here describes no network: \w+ is {value}"):
        build_network(config, {}, origin="here", dtype=torch.float32)
