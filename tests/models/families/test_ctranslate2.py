"""Models that CTranslate2's converters have written give here what CTranslate2 makes of them."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import ctranslate2
import pytest
import torch
from ctranslate2.converters import OpenNMTPyConverter, TransformersConverter

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.errors import CheckpointError
from crosslate.models.loading import LoadedModel, load_model
from tests.models.conftest import SENTENCES
from tests.models.families.bart_cases import BART_LIKE
from tests.models.families.cases import T5_LIKE
from tests.models.families.parity import build_checkpoint
from tests.models.families.test_saved import SAVED, generated
from tests.models.families.trained_models import FOLDER as TRAINED

CASES = {case.name: case for case in (*BART_LIKE, *T5_LIKE)}
CONVERTED: dict[str, dict[str, object]] = {
    "bart": {"normalize_before": False},
    "mbart": {"normalize_before": True, "tokenizer_class": "MBart50Tokenizer"},
    "pegasus": {"normalize_before": True, "normalize_embedding": False},
    "m2m_100": {},
    "t5": {},
    "t5-1.1": {},
    "mt5": {},
}
"""Kinds that its converter knows, and what it reads that published configurations have."""
TOKENIZER = ["tokenizer.json", "tokenizer_config.json"]
LONGEST = 24


@dataclass(frozen=True)
class Converted:
    """A folder, read by both."""

    folder: Path

    @cached_property
    def loaded(self) -> LoadedModel:
        return load_model(str(self.folder), dtype="float32")

    def peer(self) -> ctranslate2.Translator:
        return ctranslate2.Translator(str(self.folder), compute_type="float32", intra_threads=1)

    def check(self) -> None:
        """Tokens and scores of some texts are the peer's."""
        tokenizer = self.loaded.tokenizer
        sources = [tokenizer.tokenize_source(text) for text in SENTENCES]
        params = GenerationParams(max_new_tokens=LONGEST)
        outputs = self.loaded.make_engine().generate(
            [GenerationRequest(source_ids=source.ids, params=params) for source in sources]
        )
        vocabulary = json.loads((self.folder / "shared_vocabulary.json").read_text())
        answers = self.peer().translate_batch(
            [[vocabulary[token] for token in source.ids] for source in sources],
            beam_size=1,
            max_decoding_length=LONGEST,
            min_decoding_length=0,
            return_scores=True,
        )
        (end,) = self.loaded.spec.eos_token_ids
        for output, answer in zip(outputs, answers, strict=True):
            pieces = [vocabulary[token] for token in output.token_ids if token != end]
            assert pieces == answer.hypotheses[0]
            assert output.score == pytest.approx(answer.scores[0], abs=1e-4)


def convert(source: Path, folder: Path, files: list[str], quantization: str | None = None) -> Converted:
    TransformersConverter(str(source), copy_files=files).convert(str(folder), quantization=quantization)
    return Converted(folder)


@pytest.fixture(scope="module", params=[None, "int8", "int16", "float16", "bfloat16"])
def marian(
    marian_folder: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Converted:
    folder = tmp_path_factory.mktemp("converted") / "ct2-opus-mt-en-pt"
    files = ["source.spm", "target.spm", "tokenizer_config.json"]
    return convert(marian_folder, folder, files, request.param)


def test_a_marian_of_any_quantization(marian: Converted) -> None:
    marian.check()
    assert marian.loaded.pairs == (("en", "pt"),)
    assert marian.loaded.task == "translation"


@pytest.fixture(scope="module", params=CONVERTED)
def converted(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Converted:
    folder, case = tmp_path_factory.mktemp("converted"), CASES[request.param]
    case = replace(case, settings=case.settings | CONVERTED[request.param])
    build_checkpoint(case, folder / "source")
    settings = folder / "source" / "tokenizer_config.json"
    known = json.loads(settings.read_text()) | {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": case.special_tokens[0],
    }
    settings.write_text(json.dumps(known))
    return convert(folder / "source", folder / "model", TOKENIZER)


def test_other_families(converted: Converted) -> None:
    converted.check()


SAVED_NAMES = (
    "marian-fast",
    "marian_separate-fast",
    "marian_targets-fast",
    "nllb-fast",
    "t5-fast",
    "umt5-fast",
)
TEXT_FILES = (*TOKENIZER, "source.spm", "target.spm", "generation_config.json")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("saved")
    with tarfile.open(SAVED / "5.23.tar.xz") as archive:
        archive.extractall(root, filter="data")
    return root


@pytest.mark.parametrize("name", SAVED_NAMES)
def test_a_converted_folder_gives_what_transformers_gave(saved: Path, tmp_path: Path, name: str) -> None:
    files = [file for file in TEXT_FILES if (saved / name / file).exists()]
    loaded = convert(saved / name, tmp_path / name, files).loaded
    expected = json.loads((saved / name / "expected.json").read_text())
    source_lang, target_lang = expected["languages"] or (None, None)
    sources = [loaded.tokenizer.encode_source(text, source_lang, target_lang) for text in expected["texts"]]
    assert sources == expected["sources"]
    assert generated(loaded, sources, target_lang, 1) == expected["greedy"]
    assert generated(loaded, sources, target_lang, 3) == expected["beam"]
    original = load_model(str(saved / name), dtype="float32")
    assert (loaded.pairs, loaded.task) == (original.pairs, original.task)


@pytest.fixture(scope="module")
def argos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package as Argos Translate has them: a converted model of OpenNMT-py, a tokenizer, metadata."""
    root = tmp_path_factory.mktemp("argos")
    with tarfile.open(TRAINED / "opennmt-3.5-transformer.tar.xz") as archive:
        archive.extractall(root, filter="data")
    content = torch.load(root / "biased" / "model.pt", weights_only=False)
    content["opt"].self_attn_type = "scaled-dot"  # the same in another way, that the converter knows
    torch.save(content, root / "model.pt")
    package = root / "translate-en_es-1_0"
    package.mkdir()
    converter = OpenNMTPyConverter(str(root / "model.pt"), unsafe_deserialization=True)
    converter.convert(str(package / "model"), quantization="int8")
    shutil.copy(root / "vocab.spm", package / "sentencepiece.model")
    metadata = {"package_version": "1.0", "from_code": "en", "to_code": "es", "from_name": "English"}
    (package / "metadata.json").write_text(json.dumps(metadata))
    return package


def test_a_package_of_argos_translate(argos: Path) -> None:
    loaded = load_model(str(argos), dtype="float32")
    texts = ["a3 a8 c9 c5 c8", "b0 c0 a7 a4", "a1"]
    sources = [loaded.tokenizer.tokenize_source(text) for text in texts]
    peer = ctranslate2.Translator(str(argos / "model"), compute_type="float32", intra_threads=1)
    answers = peer.translate_batch([source.pieces for source in sources], beam_size=1, min_decoding_length=0)
    outputs = loaded.make_engine().generate(
        [GenerationRequest(source_ids=source.ids, params=GenerationParams(num_beams=1)) for source in sources]
    )
    for output, answer in zip(outputs, answers, strict=True):
        assert loaded.tokenizer.detokenize(output.token_ids[:-1]).pieces == answer.hypotheses[0]
    assert loaded.pairs == (("en", "es"),)
    assert loaded.default_params.num_beams == 4
    assert loaded.size_bytes > (argos / "model" / "model.bin").stat().st_size


def test_lists_of_a_token_a_line(argos: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(argos, tmp_path / "package")
    for path in list((folder / "model").glob("*_vocabulary.json")):
        tokens = json.loads(path.read_text())
        path.with_suffix(".txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
        path.unlink()
    before, after = (load_model(str(one), dtype="float32").tokenizer for one in (argos, folder))
    assert after.encode_source("a3 a8 c9") == before.encode_source("a3 a8 c9")


def remove(*patterns: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for pattern in patterns:
            for path in list(folder.glob(pattern)):
                path.unlink()

    return change


def settle(name: str, **values: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove("model/*vocabulary*"), "lacks its vocabularies"),
        (remove("sentencepiece.model"), "nothing that cuts texts"),
        (lambda folder: (folder / "sentencepiece.model").rename(folder / "bpe.model"), "bpe.model"),
        (settle("metadata.json", target_prefix="__es__"), "target_prefix is '__es__'"),
        (settle("metadata.json", type="sbd"), "package of type 'sbd'"),
        (
            settle("model/config.json", decoder_start_token=None),
            "decoder_start_token .* is null",
        ),
        (settle("model/config.json", eos_token="</S>"), "'</S>', which its vocabulary does not have"),
        (settle("model/config.json", add_source_bos=True), "add_source_bos"),
    ],
)
def test_what_cannot_be_served_is_refused(
    argos: Path, tmp_path: Path, change: Callable[[Path], object], message: str
) -> None:
    folder = shutil.copytree(argos, tmp_path / "package")
    change(folder)
    with pytest.raises(CheckpointError, match=message):
        load_model(str(folder), dtype="float32")


def test_another_ones_tokenizer_is_refused(saved: Path, tmp_path: Path) -> None:
    folder = convert(saved / "t5-fast", tmp_path / "t5", TOKENIZER).folder
    vocabulary = json.loads((folder / "shared_vocabulary.json").read_text())
    vocabulary[3], vocabulary[4] = vocabulary[4], vocabulary[3]
    (folder / "shared_vocabulary.json").write_text(json.dumps(vocabulary))
    with pytest.raises(CheckpointError, match="take the tokenizer of the model that was converted"):
        load_model(str(folder))
