"""From a name to a model that runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Literal

import pytest
import torch

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.errors import CheckpointError
from crosslate.models.loading import LoadedModel, load_engine, load_model, resolve_dtype
from crosslate.models.native.kernels import load_kernels
from tests.models.conftest import SENTENCES

STARTERS = {
    "starter/en-pt": {
        "Hello world!": "Olá, mundo!",
        "The cat sat on the mat because it was tired.": "O gato sentou-se no tapete porque estava cansado.",
    },
    "starter/pt-en": {
        "Bom dia!": "Good morning!",
        "O gato dormia no sofá porque estava cansado.": "The cat slept on the couch because he was tired.",
    },
}


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("name", list(STARTERS))
def test_starters_translate(name: str, dtype: str) -> None:
    loaded = load_model(name, dtype=dtype)  # type: ignore[arg-type]
    source_lang, target_lang = name.removeprefix("starter/").split("-")
    assert loaded.pairs == ((source_lang, target_lang),)
    assert loaded.spec.family == "bergamot"
    assert (loaded.spec.num_layers, loaded.spec.num_heads) == (2, 8)
    assert (loaded.spec.max_source_tokens, loaded.spec.max_piece_tokens) == (512, 96)
    assert loaded.shortlist is not None
    engine = loaded.make_engine()
    texts = STARTERS[name]
    outputs = engine.generate(
        [GenerationRequest(source_ids=loaded.tokenizer.encode_source(text)) for text in texts]
    )
    assert [loaded.tokenizer.decode(output.token_ids) for output in outputs] == list(texts.values())
    assert all(output.finish_reason == "stop" for output in outputs)


@pytest.fixture
def folder(marian_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(marian_folder, tmp_path / "model"))


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize(
    ("name", "token_id"),
    [
        ("decoder_start_token_id", 10**6),
        ("decoder_start_token_id", -7),
        ("pad_token_id", 10**6),
        ("eos_token_id", 10**6),
        ("eos_token_id", -1),
    ],
)
def test_a_token_that_the_embedding_has_not_is_refused(
    folder: Path, name: str, token_id: int, dtype: Literal["float32", "int8"]
) -> None:
    """Requests are checked as they come; these are the network's own, and kernels read what they name."""
    for file in (folder / "config.json", folder / "generation_config.json"):
        file.write_text(json.dumps({**json.loads(file.read_text()), name: token_id}))
    with pytest.raises(
        CheckpointError, match=rf"{name} is {token_id}, but .* has the rows 0 to \d+: correct"
    ):
        load_model(str(folder), dtype=dtype)


@pytest.mark.parametrize(
    ("ends", "said"), [([0, 10**6], "eos_token_id is 1000000"), ([], "no output would end")]
)
def test_of_several_ends_each_has_to_be_one(folder: Path, ends: list[int], said: str) -> None:
    """As `generation_config.json` has them, which wins."""
    file = folder / "generation_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "eos_token_id": ends}))
    with pytest.raises(CheckpointError, match=said):
        load_model(str(folder), dtype="float32")


def generate(loaded: LoadedModel) -> list[list[int]]:
    engine = loaded.make_engine()
    sources = [loaded.tokenizer.encode_source(text) for text in SENTENCES]
    params = GenerationParams(max_new_tokens=12)
    return [
        o.token_ids
        for o in engine.generate([GenerationRequest(source_ids=s, params=params) for s in sources])
    ]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision(marian_folder: Path, dtype: str) -> None:
    loaded = load_model(str(marian_folder), dtype=dtype)  # type: ignore[arg-type]
    assert {p.dtype for p in loaded.model.parameters()} == {getattr(torch, dtype)}
    whole = load_model(str(marian_folder), dtype="float32")
    assert all(len(ids) > 0 for ids in generate(loaded))
    ids = loaded.tokenizer.encode_source(SENTENCES[0])
    maps = loaded.make_engine().align(ids, ids)
    assert maps.dtype == torch.float32
    torch.testing.assert_close(maps.sum(-1), torch.ones(maps.shape[:-1]))
    # 8 bits of mantissa in bfloat16
    torch.testing.assert_close(maps, whole.make_engine().align(ids, ids), rtol=0, atol=0.03)


def test_the_same_weights_serve_several_engines(marian_folder: Path) -> None:
    loaded = load_model(str(marian_folder))
    assert generate(loaded) == generate(loaded)
    assert loaded.spec.num_layers == 2
    assert (loaded.spec.max_source_tokens, loaded.spec.max_piece_tokens) == (64, None)


def test_load_engine_knows_its_tokenizer(marian_folder: Path) -> None:
    engine = load_engine(str(marian_folder))
    assert isinstance(engine, Engine)
    assert engine.tokenizer.encode_source("the cat")[-1] == 0


def test_alignment_json_wins_over_the_familys_prior(folder: Path) -> None:
    assert load_model(str(folder)).alignment.layer == 0
    (folder / "alignment.json").write_text(json.dumps({"layer": 1, "heads": [3], "row": "output"}))
    alignment = load_model(str(folder)).alignment
    assert (alignment.layer, alignment.heads, alignment.row) == (1, (3,), "output")


@pytest.mark.parametrize(("name", "head"), [("starter/en-pt", 5), ("starter/pt-en", 6)])
def test_what_was_found_out_about_a_starter_wins_too(name: str, head: int) -> None:
    """Its weights are another package's, and so are the files beside them."""
    loaded = load_model(name)
    assert (loaded.alignment.layer, loaded.alignment.heads, loaded.alignment.row) == (0, (head,), "input")
    assert not (loaded.folder / "alignment.json").exists()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"layer": 2}, "names layer 2"),
        ({"layer": 0, "heads": [0, 4]}, "the decoder has 2 layers of 4 heads, counted from 0"),
        ({"layer": -1}, "'layer' must be a decoder layer"),
        ({"layer": 0, "head": 1}, "unknown key 'head'"),
        ({}, "'layer'"),
    ],
    ids=str,
)
def test_an_alignment_json_that_does_not_fit(folder: Path, content: dict[str, object], named: str) -> None:
    (folder / "alignment.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError) as raised:
        load_model(str(folder))
    assert named in str(raised.value)
    assert "alignment.json" in str(raised.value)


def test_automatic_precision() -> None:
    kernels = load_kernels()
    is_fast = kernels is not None and kernels.isa != "generic"
    assert resolve_dtype("auto", "cpu") == ("int8" if is_fast else "float32")
    assert resolve_dtype("bfloat16", "cpu") == "bfloat16"


def test_no_int8_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(CheckpointError, match="int8 is for the CPU"):
        resolve_dtype("int8", "cuda")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(CheckpointError, match="torch finds no GPU; use device: cpu"):
        load_model("owner/name", device="cuda")
