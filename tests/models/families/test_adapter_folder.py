"""LoRA adapters that PEFT has saved give what PEFT made of them.

`adapters/save.py` made them, of checkpoints of `saved/5.23.tar.xz`, and wrote down what was expected;
`adapters/README.md` says how.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from crosslate.models.checkpoints.model_files import check_holds_model, find_downloaded, find_model
from crosslate.models.checkpoints.weight_files import read_weights
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.errors import CheckpointError
from crosslate.models.families.lora import Adapter
from crosslate.models.loading import DType, LoadedModel, load_model

HERE = Path(__file__).parent
NUM_BEAMS = 3
ARCHIVE = HERE / "adapters" / "adapters.tar.xz"
with tarfile.open(ARCHIVE) as opened:
    NAMES = sorted({name.split("/")[1] for name in opened.getnames() if name.count("/") > 1})


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The adapters beside their models, whose place they are told as users would."""
    root = tmp_path_factory.mktemp("adapters")
    for archive, place in ((ARCHIVE, root), (HERE / "saved" / "5.23.tar.xz", root / "bases")):
        with tarfile.open(archive) as opened:
            opened.extractall(place, filter="data")
    for name in NAMES:
        folder = root / "adapters" / name
        expected = json.loads((folder / "expected.json").read_text())
        set_option(folder, base_model_name_or_path=str(root / "bases" / expected["base"]))
    return root / "adapters"


@pytest.fixture
def adapter(unpacked: Path, tmp_path: Path) -> Path:
    """One to be changed."""
    return Path(shutil.copytree(unpacked / "nllb", tmp_path / "adapter"))


def set_option(folder: Path, **options: object) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | options))


def generated(model: LoadedModel, expected: dict[str, Any], num_beams: int) -> list[list[int]]:
    params = GenerationParams(num_beams=num_beams, forced_bos_token_id=expected["forced"])
    requests = [GenerationRequest(source_ids=source, params=params) for source in expected["sources"]]
    return [output.token_ids for output in model.make_engine().generate(requests)]


@pytest.mark.parametrize("name", NAMES)
def test_an_adapter_gives_its_savers_tokens(unpacked: Path, name: str) -> None:
    expected = json.loads((unpacked / name / "expected.json").read_text())
    model = load_model(str(unpacked / name), dtype="float32")
    assert generated(model, expected, 1) == expected["greedy"]
    assert generated(model, expected, NUM_BEAMS) == expected["beam"]
    base = load_model(str(unpacked.parent / "bases" / expected["base"]), dtype="float32")
    assert model.size_bytes > base.size_bytes
    assert generated(base, expected, 1) != expected["greedy"]


@pytest.mark.parametrize("name", ["nllb", "marian-dora", "t5-adapted_head"])
@pytest.mark.parametrize("dtype", ["int8", "bfloat16"])
def test_it_is_the_merged_model_whatever_is_computed_with(
    unpacked: Path, tmp_path: Path, name: str, dtype: DType
) -> None:
    """Matrices that are read some rows at a time, or in a narrower type, are changed as a whole one is."""
    expected = json.loads((unpacked / name / "expected.json").read_text())
    base = unpacked.parent / "bases" / expected["base"]
    merged = Path(shutil.copytree(base, tmp_path / "merged"))
    tensors = read_weights(base)
    copies = {"lm_head.weight": "shared.weight"} if name.startswith("t5") else {}
    Adapter.read(unpacked / name).change(tensors, copies)
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, merged / "model.safetensors")
    found, wanted = (load_model(str(folder), dtype=dtype) for folder in (unpacked / name, merged))
    for (key, one), other in zip(
        found.model.state_dict().items(), wanted.model.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other), key
    assert generated(found, expected, 1) == generated(wanted, expected, 1)


def test_a_language_that_was_added_is_served(unpacked: Path) -> None:
    model = load_model(str(unpacked / "nllb-another_token"), dtype="float32")
    assert model.spec.target_vocab_size == 265
    assert ("en", "xyz-Latn") in model.pairs
    assert model.tokenizer.forced_bos_token_id("xyz-Latn") == 264


def test_alignment_is_the_adapters_or_else_its_models(unpacked: Path, adapter: Path, tmp_path: Path) -> None:
    base = Path(shutil.copytree(unpacked.parent / "bases" / "nllb-fast", tmp_path / "base"))
    set_option(adapter, base_model_name_or_path=str(base))
    (base / "alignment.json").write_text('{"layer": 0, "heads": [1]}')
    assert load_model(str(adapter)).alignment.heads == (1,)
    (adapter / "alignment.json").write_text('{"layer": 0, "heads": [0]}')
    assert load_model(str(adapter)).alignment.heads == (0,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"peft_type": "IA3"}, r"LoRA is read, and this is IA3; merge it in PEFT, model\.merge_and_unload"),
        ({"trainable_token_indices": [1]}, "trainable_token_indices is not supported; merge it"),
        ({"init_lora_weights": "pissa_niter_16"}, "'pissa_niter_16' changes its model too; merge it"),
        ({"lora_alpha": "much"}, "lora_alpha and alpha_pattern have to be numbers"),
        ({"alpha_pattern": {"(": 1}}, "'\\(' is no regular expression"),
        ({"base_model_name_or_path": None}, "does not name its model: set base_model_name_or_path"),
        ({"base_model_name_or_path": "/home/trainer/nllb"}, "is not to be had: .* Set base_model_name"),
    ],
)
def test_what_is_not_read_is_refused(adapter: Path, options: dict[str, object], message: str) -> None:
    set_option(adapter, **options)
    with pytest.raises(CheckpointError, match=message) as error:
        load_model(str(adapter))
    assert "adapter_config.json" in str(error.value)


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("t5-fast", "there is no model.decoder.layers.0.encoder_attn.q_proj.weight"),
        (None, "is no Hugging Face"),
    ],
)
def test_another_models_adapter_is_refused(
    unpacked: Path, adapter: Path, base: str | None, message: str
) -> None:
    folder = unpacked / "nllb" if base is None else unpacked.parent / "bases" / base
    set_option(adapter, base_model_name_or_path=str(folder))
    with pytest.raises(CheckpointError, match=message):
        load_model(str(adapter))


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("model.encoder.layers.0.fc1.lora_A.weight", (4, 16), "has one of two low-rank matrices"),
        ("model.encoder.layers.0.self_attn.q_proj.lora_A.weight", (4, 12), "is no change of"),
        ("model.shared.lora_embedding_A", (4, 264), "is nothing that is known of LoRA; merge it"),
        ("model.encoder.layers.7.final_layer_norm.weight", (16,), "there is no model.encoder.layers.7"),
    ],
)
def test_tensors_without_a_place_are_refused(
    adapter: Path, name: str, shape: tuple[int, ...], message: str
) -> None:
    """What was trained is never left out in silence."""
    path = adapter / "adapter_model.safetensors"
    save_file(load_file(path) | {f"base_model.model.{name}": torch.ones(shape)}, path)
    with pytest.raises(CheckpointError, match=message):
        load_model(str(adapter))


def test_weights_that_are_missing_are_named(adapter: Path) -> None:
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"no adapter_model\.safetensors \(nor adapter_model\.bin\)"):
        load_model(str(adapter))


def test_it_is_there_when_its_model_is(
    adapter: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    check_holds_model(adapter)
    assert find_downloaded(str(adapter)) == find_model(str(adapter)) == adapter
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    set_option(adapter, base_model_name_or_path="facebook/nllb-200-distilled-600M", revision="main")
    assert find_downloaded(str(adapter)) is None
    set_option(adapter, base_model_name_or_path="/home/trainer/nllb")
    with pytest.raises(CheckpointError, match=r"adapter_config\.json changes is not to be had"):
        find_downloaded(str(adapter))
