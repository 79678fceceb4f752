"""A native student, stored again as safetensors, is the same network."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from sentencepiece import SentencePieceProcessor

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.errors import CheckpointError
from crosslate.models.loading import load_model
from tests.models.families.marian_student import NumpyStudent
from tests.models.marian_files import Student, make_student, write_student, write_vocabulary
from training.export import GENERATION, write_folder

SOURCE = [5, 9, 2, 7, 9, 4, 0]
FREQUENT = [3, 12]


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Student:
    return make_student(write_vocabulary(tmp_path_factory.mktemp("vocabulary") / "vocab.spm"), seed=3)


@pytest.fixture
def folder(student: Student, tmp_path: Path) -> Path:
    native = tmp_path / "native"
    native.mkdir()
    write_vocabulary(native / "vocab.enpt.spm")
    write_student(native / "model.enpt.bin", student)
    weights = dict(load_model(str(native), dtype="float32").model.named_parameters())
    write_folder(
        tmp_path / "stored",
        weights,
        student.options,
        native / "vocab.enpt.spm",
        frequent=FREQUENT,
        copy_bias=0.3,
    )
    return tmp_path / "stored"


@pytest.mark.parametrize("copy_bias", [None, 0.3, 2])
def test_it_decodes_as_the_native_student(student: Student, folder: Path, copy_bias: float | None) -> None:
    change_config(folder, copy_bias=copy_bias)
    loaded = load_model(str(folder), dtype="float32")
    assert loaded.shortlist is not None
    params = GenerationParams(num_beams=1, max_new_tokens=8, min_new_tokens=0, no_repeat_ngram_size=0)
    (output,) = loaded.make_engine().generate([GenerationRequest(source_ids=SOURCE, params=params)])
    pieces = SentencePieceProcessor(model_file=str(folder / "vocab.spm"))
    inner = [i for i in range(pieces.get_piece_size()) if re.match(r"\w", pieces.id_to_piece(i))]
    rounded = {name: value.astype("float16").astype("float32") for name, value in student.tensors.items()}
    assert output.token_ids == NumpyStudent(Student(student.options, rounded)).greedy(
        SOURCE, 8, loaded.shortlist.candidates(SOURCE).tolist(), copy_bias or 0.0, inner if copy_bias else ()
    )


def test_the_trained_bias_is_stored(folder: Path) -> None:
    rule = load_model(str(folder)).copying
    assert rule is not None
    assert rule.bias == 0.3
    assert rule.common_inner_pieces <= set(FREQUENT)


def test_without_a_bias_nothing_is_favoured(folder: Path) -> None:
    change_config(folder, copy_bias=None)
    assert load_model(str(folder)).copying is None


def test_a_bias_that_is_no_number(folder: Path) -> None:
    change_config(folder, copy_bias="much")
    with pytest.raises(CheckpointError, match="copy_bias is 'much', not a number"):
        load_model(str(folder))


def change_config(folder: Path, **changes: object) -> None:
    """None takes an entry out."""
    config = json.loads((folder / "config.json").read_text()) | changes
    known = {name: value for name, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(known))


def test_what_is_known_of_it(folder: Path) -> None:
    loaded = load_model(str(folder), dtype="float32")
    assert (loaded.spec.family, loaded.task, loaded.pairs) == ("bergamot", "summarization", ())
    assert loaded.spec.max_source_tokens == 512
    assert loaded.default_params.num_beams == GENERATION["num_beams"]
    assert loaded.model.output.weight.dtype == torch.float32


def test_only_tokens_of_the_source_and_frequent_ones_are_written(folder: Path) -> None:
    loaded = load_model(str(folder), dtype="float32")
    assert loaded.shortlist is not None
    assert loaded.shortlist.candidates(SOURCE).tolist() == sorted({*SOURCE, *FREQUENT})


def test_an_option_that_is_not_supported(folder: Path) -> None:
    change_config(folder, **{"dec-cell": "gru"})
    with pytest.raises(CheckpointError, match="dec-cell is 'gru', supported: 'ssru'"):
        load_model(str(folder), dtype="float32")


def test_without_its_vocabulary(folder: Path) -> None:
    (folder / "vocab.spm").unlink()
    with pytest.raises(CheckpointError, match="no such SentencePiece model"):
        load_model(str(folder), dtype="float32")
