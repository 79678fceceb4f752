"""ByT5 from text to text against `transformers`: its tokens are bytes, and there is no tokenizer's file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.loading import LoadedModel, load_model
from tests.models.conftest import SENTENCES
from tests.models.families.cases import T5_SIZES
from tests.models.families.parity import make_outputs_varied

TEXTS = [*SENTENCES[:8], "", "Ação é reação.", "猫が寝ている", "🐈‍⬛ ½"]
NUM_SPECIAL, NUM_SENTINELS = 3, 125


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("byt5")
    torch.manual_seed(0)
    vocab_size = NUM_SPECIAL + 256 + NUM_SENTINELS
    sizes = T5_SIZES | {
        "feed_forward_proj": "gated-gelu",
        "tokenizer_class": "ByT5Tokenizer",
        "pad_token_id": 0,
    }
    model: Any = transformers.T5ForConditionalGeneration(
        transformers.T5Config(vocab_size=vocab_size, **sizes)
    )
    make_outputs_varied(model)
    model.generation_config.no_repeat_ngram_size = 2
    model.save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "ByT5Tokenizer"}))
    return folder


@pytest.fixture(scope="module")
def loaded(folder: Path) -> LoadedModel:
    return load_model(str(folder), dtype="float32")


@pytest.mark.parametrize("num_beams", [1, 4])
def test_texts_equal_the_reference(folder: Path, loaded: LoadedModel, num_beams: int) -> None:
    tokenizer = transformers.ByT5Tokenizer()
    reference: Any = transformers.T5ForConditionalGeneration.from_pretrained(folder)
    batch = tokenizer(TEXTS, return_tensors="pt", padding=True)
    expected = reference.generate(**batch, num_beams=num_beams, max_new_tokens=24)
    params = GenerationParams(num_beams=num_beams, max_new_tokens=24)
    outputs = loaded.make_engine().generate(
        [GenerationRequest(source_ids=loaded.tokenizer.encode_source(text), params=params) for text in TEXTS]
    )
    assert len({tuple(output.token_ids) for output in outputs}) > 6
    for row, output in zip(expected, outputs, strict=True):
        assert output.token_ids == row.tolist()[1 : 1 + len(output.token_ids)]
        assert len(output.token_ids) == 24 or output.token_ids[-1] == tokenizer.eos_token_id
        text = tokenizer.decode(row, skip_special_tokens=True)
        assert loaded.tokenizer.decode(output.token_ids) == text


def test_what_the_checkpoint_says_of_itself(loaded: LoadedModel) -> None:
    assert loaded.spec.family == "t5"
    assert loaded.spec.max_source_tokens == 1024, "bytes, not pieces"
