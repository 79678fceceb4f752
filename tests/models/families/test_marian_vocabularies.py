"""Marian's lists of words and pieces: with them, models give what Marian made of them."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import sentencepiece
import yaml

from crosslate.models.errors import CheckpointError
from crosslate.models.families.marian_vocabularies import Vocabularies, find_vocabularies, load_tokenizer
from crosslate.models.loading import load_model
from crosslate.models.tokenizers.marian_tokenizer import MarianTokenizer
from crosslate.models.tokenizers.word_tokenizer import WordTokenizer
from tests.models.families.test_marian_rnn import ARCHIVE
from tests.models.families.trained_models import BEAMS, GREEDY, Trained, check_as_trained

OPUS = "opus.spm32k-spm32k.transformer.model1.npz.best-perplexity.npz"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trained")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    return root


@pytest.fixture
def pieces(unpacked: Path) -> list[str]:
    model = sentencepiece.SentencePieceProcessor(model_file=str(unpacked / "vocab.spm"))
    return [model.id_to_piece(i) for i in range(model.get_piece_size())]


@pytest.fixture
def folder(unpacked: Path, tmp_path: Path) -> Path:
    """Without a vocabulary."""
    return Path(shutil.copytree(unpacked / "amun", tmp_path / "model"))


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        (folder / name).write_text(content)


def as_yaml(pieces: list[str]) -> str:
    return yaml.safe_dump({piece: i for i, piece in enumerate(pieces)}, allow_unicode=True)


def check(folder: Path) -> None:
    trained = Trained(folder)
    check_as_trained(trained, 1, GREEDY)
    check_as_trained(trained, 4, BEAMS)
    assert trained.loaded.default_params.suppress_tokens == (1,)


def test_a_map_of_words(folder: Path, pieces: list[str]) -> None:
    write(folder, {"vocab.yml": as_yaml([piece.removeprefix("▁") for piece in pieces])})
    assert isinstance(load_model(str(folder), dtype="float32").tokenizer, WordTokenizer)
    check(folder)


def test_lists_of_each_side_and_byte_pair_codes(folder: Path, pieces: list[str]) -> None:
    """The toy's words are a letter and a figure: each is one merge."""
    words = [piece.removeprefix("▁") for piece in pieces]
    codes = "#version: 0.2\n" + "".join(f"{word[0]} {word[1]}</w>\n" for word in words[2:])
    lists = {"opus.src.vocab": "\n".join(words) + "\n", "opus.trg.vocab": "\n".join(words) + "\n"}
    script = "cat | tokenizer.perl -a -threads 4 -l $1 |\npython3 apply_bpe.py -c $3\n"
    write(folder, {**lists, "source.bpe": codes, "target.bpe": codes, "preprocess.sh": script})
    check(folder)


def test_as_opus_mt_publishes_them(folder: Path, unpacked: Path, pieces: list[str]) -> None:
    (folder / "model.npz").rename(folder / OPUS)
    vocabulary = "opus.spm32k-spm32k.vocab.yml"
    settings = {"models": [f"/elsewhere/{OPUS}"], "vocabs": [vocabulary] * 2, "relative-paths": True}
    write(folder, {vocabulary: as_yaml(pieces), "decoder.yml": yaml.safe_dump(settings)})
    for name in ("source.spm", "target.spm"):
        shutil.copy(unpacked / "vocab.spm", folder / name)
    assert isinstance(load_model(str(folder), dtype="float32").tokenizer, MarianTokenizer)
    check(folder)
    (folder / "decoder.yml").unlink()
    load_model(str(folder), dtype="float32")


@pytest.mark.parametrize("name", ["joint.spm", "sentencepiece.bpe.model"])
def test_one_model_for_both_sides(folder: Path, unpacked: Path, pieces: list[str], name: str) -> None:
    write(folder, {"vocab.yml": as_yaml(pieces)})
    shutil.copy(unpacked / "vocab.spm", folder / name)
    assert isinstance(load_model(str(folder), dtype="float32").tokenizer, MarianTokenizer)
    check(folder)


def test_language_tokens_of_a_map(folder: Path, unpacked: Path, pieces: list[str]) -> None:
    write(folder, {"vocab.yml": as_yaml([*pieces[:-1], ">>por<<"])})
    for name in ("source.spm", "target.spm"):
        shutil.copy(unpacked / "vocab.spm", folder / name)
    tokens = load_model(str(folder), dtype="float32").tokenizer.tokenize_source("a1", target_lang="pt")
    assert tokens.pieces == [">>por<<", "▁a1", "</s>"]


def test_words_that_the_network_lacks(folder: Path, pieces: list[str]) -> None:
    """A map may list more of them than the network was trained with."""
    words = [piece.removeprefix("▁") for piece in pieces]
    write(folder, {"vocab.yml": as_yaml([*words, "rare"])})
    tokenizer = load_model(str(folder), dtype="float32").tokenizer
    assert tokenizer.encode_source("a1 rare") == [words.index("a1"), 1, 0]


@pytest.mark.parametrize(
    ("names", "pair", "source"),
    [
        (("vocab.ro.json", "vocab.en.json"), ("ro", "en"), "vocab.ro.json"),
        (("en.vocab.yml", "ro.vocab.yml"), ("ro", "en"), "ro.vocab.yml"),
        (("srcvocab.yml", "trgvocab.yml"), None, "srcvocab.yml"),
        (("vocab.source.yml", "vocab.target.yml"), None, "vocab.source.yml"),
    ],
)
def test_whose_vocabulary_is_which(
    tmp_path: Path, names: tuple[str, str], pair: tuple[str, str] | None, source: str
) -> None:
    write(tmp_path, dict.fromkeys(names, "{}"))
    found = find_vocabularies(tmp_path, "model.npz", pair)
    assert found.source.name == source
    assert {found.source.name, found.target.name} == {*names}


def test_the_decoders_settings_decide(tmp_path: Path) -> None:
    settings = {"vocabs": ["b.vocab.yml", "a.vocab.yml"]}
    write(tmp_path, {"a.vocab.yml": "{}", "b.vocab.yml": "{}"})
    with pytest.raises(CheckpointError, match=r"several vocabularies: a\.vocab\.yml, b\.vocab\.yml; say in"):
        find_vocabularies(tmp_path, "model.npz", ("ro", "en"))
    write(tmp_path, {"model.npz.decoder.yml": json.dumps(settings)})
    assert find_vocabularies(tmp_path, "model.npz", None).source.name == "b.vocab.yml"
    write(tmp_path, {"decoder.yml": '"'})
    with pytest.raises(CheckpointError, match=r"decoder\.yml is not YAML"):
        find_vocabularies(tmp_path, "model.npz", None)


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"truecase-model.en": ""}, "truecaser"),
        ({"a.bpe": "", "b.bpe": ""}, "several byte-pair codes"),
        ({"a.spm": "", "b.spm": ""}, "several SentencePiece models"),
    ],
)
def test_texts_that_went_an_unknown_way(tmp_path: Path, files: dict[str, str], fault: str) -> None:
    write(tmp_path, {"vocab.yml": "{</s>: 0, <unk>: 1}", **files})
    shared = Vocabularies(tmp_path / "vocab.yml", tmp_path / "vocab.yml")
    with pytest.raises(CheckpointError, match=fault):
        load_tokenizer(tmp_path, shared, (4, 4), None)
