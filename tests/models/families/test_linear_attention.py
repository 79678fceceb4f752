"""A model of linear attention that `transformers` trained with links."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.loading import DType, load_model
from tests.models.families.trained_models import FOLDER, Trained, alignment_error, check_fixed_shapes

ARCHIVE = FOLDER / "linear.tar.xz"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trained")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    folder = root / "linear"
    # what `Trained` asks of the texts alone
    (folder / "expected.json").write_text(
        json.dumps({"tests": json.loads((folder / "tests.json").read_text())[:8]})
    )
    return folder


def test_in_fixed_shapes_as_on_a_gpu(folder: Path) -> None:
    check_fixed_shapes(Trained(folder))


@pytest.mark.parametrize("dtype", ["float32", "int8", "bfloat16"])
def test_it_writes_what_it_learned_and_shows_the_links(folder: Path, dtype: DType) -> None:
    """Alignment error at most 0.02 (Och & Ney 2003)."""
    model, tests = load_model(str(folder), dtype=dtype), json.loads((folder / "tests.json").read_text())
    assert alignment_error(model, tests, model.alignment.selection) <= 0.02
    tests = tests[:16]
    requests = [
        GenerationRequest(
            source_ids=model.tokenizer.encode_source(test["source"]),
            params=GenerationParams(num_beams=1 + i % 3),
        )
        for i, test in enumerate(tests)
    ]
    outputs = model.make_engine().generate(requests)
    written = [model.tokenizer.decode(output.token_ids) for output in outputs]
    num_right = sum(text == test["target"] for text, test in zip(written, tests, strict=True))
    assert num_right == len(tests)
