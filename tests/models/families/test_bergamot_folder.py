"""The files of a native Marian folder: which are needed, which are refused, what they say."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from crosslate.models.errors import CheckpointError
from crosslate.models.loading import LoadedModel, load_model
from tests.models.marian_files import make_student, write_shortlist, write_student, write_vocabulary


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    vocab_size = write_vocabulary(folder / "vocab.enpt.spm")
    student = make_student(vocab_size)
    write_student(folder / "model.enpt.intgemm.alphas.bin", student, int8=student.matrices)
    write_shortlist(folder / "lex.50.50.enpt.s2t.bin", [[]] * vocab_size, num_frequent=5)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(whole, tmp_path / "model"))


def load_from(folder: Path) -> LoadedModel:
    return load_model(str(folder), dtype="float32")


def refuse(folder: Path, *named: str) -> None:
    with pytest.raises(CheckpointError) as raised:
        load_from(folder)
    for part in named:
        assert part in str(raised.value)


def pack(path: Path) -> None:
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def test_a_whole_folder(whole: Path) -> None:
    loaded = load_from(whole)
    assert loaded.spec.family == "bergamot"
    assert loaded.pairs == (("en", "pt"),)
    assert loaded.shortlist is not None
    assert loaded.shortlist.is_shared
    assert (loaded.alignment.layer, loaded.alignment.heads, loaded.alignment.row) == (1, (0,), "output")
    assert loaded.size_bytes == sum(file.stat().st_size for file in whole.iterdir())


def test_the_shortlist_is_optional(folder: Path) -> None:
    next(folder.glob("lex*")).unlink()
    assert load_from(folder).shortlist is None


def test_two_vocabularies(folder: Path) -> None:
    shared = folder / "vocab.enpt.spm"
    shutil.copy(shared, folder / "srcvocab.enpt.spm")
    shared.rename(folder / "trgvocab.enpt.spm")
    loaded = load_from(folder)
    assert loaded.shortlist is not None
    assert not loaded.shortlist.is_shared, "its ids cannot be copied from one to the other"


@pytest.mark.parametrize("name", ["trgvocab.enpt.spm", "srcvocab.enpt.spm", "other.spm"])
def test_without_both_vocabularies(folder: Path, name: str) -> None:
    (folder / "vocab.enpt.spm").rename(folder / name)
    refuse(folder, "has no vocabulary")


def test_without_a_model(folder: Path) -> None:
    next(folder.glob("model*")).unlink()
    refuse(folder, "holds no model that is known here", "config.json")


def test_with_two_models(folder: Path) -> None:
    shutil.copy(next(folder.glob("model*")), folder / "model.npz.best.bin")
    refuse(folder, "several files that could be the model", "model.npz.best.bin", "keep one")


def test_with_two_shortlists(folder: Path) -> None:
    shutil.copy(next(folder.glob("lex*")), folder / "lex.other.bin")
    refuse(folder, "several files that could be the lexical shortlist")


@pytest.mark.parametrize("pattern", ["model*", "vocab*", "lex*"])
def test_packed_files_are_to_be_unpacked(folder: Path, pattern: str) -> None:
    """Firefox Translations ships them so; a shortlist must not be left out in silence either."""
    file = next(folder.glob(pattern))
    pack(file)
    refuse(folder, f"unpack {file.name}.gz first")


def test_a_vocabulary_that_is_none(folder: Path) -> None:
    (folder / "vocab.enpt.spm").write_bytes(b"words")
    refuse(folder, "vocab.enpt.spm", "not a SentencePiece model")


def test_a_vocabulary_of_another_model(folder: Path) -> None:
    write_student(next(folder.glob("model*")), make_student(30))
    refuse(folder, "vocab.enpt.spm has", "knows 30", "different models")


def test_a_shortlist_of_another_model(folder: Path) -> None:
    write_shortlist(next(folder.glob("lex*")), [[]] * 30, num_frequent=5)
    refuse(folder, "made for another vocabulary")


def test_a_model_that_lacks_tensors(folder: Path) -> None:
    student = make_student(80)
    del student.tensors["decoder_l2_rnn_Wf"]
    write_student(next(folder.glob("model*")), student)
    refuse(folder, "model.enpt.intgemm.alphas.bin", "missing: decoder_l2_rnn_Wf")


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b" + bytes(50)])
def test_a_model_that_is_none(folder: Path, content: bytes) -> None:
    next(folder.glob("model*")).write_bytes(content)
    refuse(folder, "not a Marian binary model")


def test_the_guided_layer_of_the_training(folder: Path) -> None:
    vocab_size = load_from(folder).spec.source_vocab_size
    write_student(
        next(folder.glob("model*")), make_student(vocab_size, transformer_guided_alignment_layer="1")
    )
    assert load_from(folder).alignment.layer == 0


@pytest.mark.parametrize(
    ("name", "content", "pair"),
    [
        ("metadata.json", {"sourceLanguage": "en", "targetLanguage": "zh_hant"}, ("en", "zh_hant")),
        ("model_info.json", {"shortName": "en-de-tiny"}, ("en", "de")),
        ("modelMeta.json", {"name": "no languages here"}, ("en", "pt")),
    ],
)
def test_the_pair_as_the_metadata_or_the_name_says(
    folder: Path, name: str, content: dict[str, str], pair: tuple[str, str]
) -> None:
    (folder / name).write_text(json.dumps(content))
    assert load_from(folder).pairs == (pair,)


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("model.ptes.bin", (("pt", "es"),)),
        ("model.enzh_hant.intgemm.bin", (("en", "zh-hant"),)),
        ("model.bin", ()),
    ],
)
def test_the_pair_in_the_models_name(folder: Path, name: str, pairs: tuple[tuple[str, str], ...]) -> None:
    next(folder.glob("model*")).rename(folder / name)
    assert load_from(folder).pairs == pairs


def test_damaged_metadata(folder: Path) -> None:
    (folder / "metadata.json").write_text("{")
    refuse(folder, "metadata.json is not JSON")
