"""Folders that old and new versions of `transformers` have saved give what those versions made of them.

`saved/save.py` made the folders and wrote down what was expected; `saved/README.md` says how.
"""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import transformers

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.errors import CheckpointError, InvalidParamsError
from crosslate.models.families.tokenizers import load_tokenizer
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.tokenizers.marian_tokenizer import MarianTokenizer
from crosslate.models.tokenizers.tokenizer import IncrementalDetokenizer

SAVED = Path(__file__).parent / "saved"
NUM_BEAMS = 3


@cache
def folder_names(archive: Path) -> list[str]:
    with tarfile.open(archive) as opened:
        return sorted({name.split("/")[1] for name in opened.getnames() if name.count("/") > 1})


ALL = [(path, name) for path in sorted(SAVED.glob("*.tar.xz")) for name in folder_names(path)]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All archives, each in a folder of its own."""
    root = tmp_path_factory.mktemp("saved")
    for archive in SAVED.glob("*.tar.xz"):
        with tarfile.open(archive) as opened:
            opened.extractall(root / archive.name, filter="data")
    return root


def in_order(archive_and_name: tuple[Path, str]) -> str:
    archive, name = archive_and_name
    return f"{archive.name.removesuffix('.tar.xz')}-{name}"


@pytest.mark.parametrize("saved", [s for s in ALL if "not_resized" not in s[1]], ids=in_order)
def test_a_saved_folder_gives_its_savers_tokens(unpacked: Path, saved: tuple[Path, str]) -> None:
    folder = unpacked / saved[0].name / saved[1]
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    model = load_model(str(folder), dtype="float32")
    source_lang, target_lang = expected["languages"] or (None, None)
    sources = [model.tokenizer.encode_source(text, source_lang, target_lang) for text in expected["texts"]]
    assert sources == expected["sources"]
    for kind, num_beams in (("greedy", 1), ("beam", NUM_BEAMS)):
        assert generated(model, sources, target_lang, num_beams) == expected[kind]
    if saved[1].startswith("m2m_100"):
        return  # newer versions forget that its language tokens are special, and show them
    # Blanks at the ends belong to no text here, and Pegasus' line ends are line ends.
    found = [model.tokenizer.decode(ids).strip() for ids in expected["beam"]]
    assert found == [re.sub(" *<n> *", "\n", text).strip() for text in expected["decoded"]]


def generated(
    model: LoadedModel, sources: list[list[int]], target_lang: str | None, num_beams: int
) -> list[list[int]]:
    params = GenerationParams(
        num_beams=num_beams, forced_bos_token_id=model.tokenizer.forced_bos_token_id(target_lang)
    )
    requests = [GenerationRequest(source_ids=source, params=params) for source in sources]
    return [output.token_ids for output in model.make_engine().generate(requests)]


@pytest.mark.parametrize("saved", [s for s in ALL if "not_resized" in s[1]], ids=in_order)
def test_tokens_without_a_row_in_the_embedding_are_refused(unpacked: Path, saved: tuple[Path, str]) -> None:
    folder = unpacked / saved[0].name / saved[1]
    with pytest.raises(CheckpointError, match="resize_token_embeddings"):
        load_model(str(folder), dtype="float32")


@pytest.mark.parametrize("stated", [None, "TokenizersBackend", "PreTrainedTokenizerFast"])
@pytest.mark.parametrize("name", ["t5", "pegasus", "m2m_100", "nllb", "plbart", "mbart", "mbart50"])
def test_slow_files_are_read_whatever_class_is_named(
    unpacked: Path, tmp_path: Path, name: str, stated: str | None
) -> None:
    folder = Path(shutil.copytree(unpacked / "4.57.tar.xz" / f"{name}-slow", tmp_path / name))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"tokenizer_class": stated}))
    expected = json.loads((folder / "expected.json").read_text())
    source_lang, target_lang = expected["languages"] or (None, None)
    tokenizer = load_tokenizer(folder)
    found = [tokenizer.encode_source(text, source_lang, target_lang) for text in expected["texts"]]
    assert found == expected["sources"]


@pytest.mark.parametrize(
    ("name", "gone", "told"),
    [
        ("t5-slow", ["spiece.model"], "needs tokenizer.json or spiece.model, and has no tokenizer.json nor"),
        ("t5-fast", ["spiece.model", "tokenizer.json"], "needs tokenizer.json or spiece.model"),
        ("byt5-slow", ["tokenizer_config.json"], "no tokenizer_config.json that would say of which kind"),
        ("longt5-slow", ["spiece.model"], "spiece.model"),
        ("madlad-slow", ["spiece.model"], "spiece.model"),
        ("mt5-slow", ["spiece.model"], "spiece.model"),
        ("umt5-slow", ["spiece.model"], "spiece.model"),
        ("pegasus-slow", ["spiece.model"], "spiece.model"),
        ("bigbird_pegasus-slow", ["spiece.model"], "spiece.model"),
        ("bart-slow", ["merges.txt"], "needs tokenizer.json or vocab.json and merges.txt, .* nor merges.txt"),
        ("bart-fast", ["tokenizer.json", "vocab.json"], "nor vocab.json"),
        ("bart-generic_tokenizer", ["tokenizer.json", "vocab.json", "merges.txt"], "tokenizer.json"),
        ("led-slow", ["vocab.json"], "nor vocab.json"),
        ("mbart-slow", ["sentencepiece.bpe.model"], "sentencepiece.bpe.model"),
        ("mbart50-slow", ["sentencepiece.bpe.model"], "sentencepiece.bpe.model"),
        ("nllb-slow", ["sentencepiece.bpe.model"], "sentencepiece.bpe.model"),
        ("plbart-slow", ["sentencepiece.bpe.model"], "sentencepiece.bpe.model"),
        ("m2m_100-slow", ["sentencepiece.bpe.model"], "sentencepiece.bpe.model"),
        ("m2m_100-slow", ["vocab.json"], "vocab.json"),
        ("marian-slow", ["source.spm"], "source.spm"),
        ("marian-slow", ["target.spm"], "target.spm"),
        ("marian-slow", ["vocab.json"], "vocab.json"),
    ],
)
def test_a_folder_without_its_tokenizers_files_is_refused(
    unpacked: Path, tmp_path: Path, name: str, gone: list[str], told: str
) -> None:
    """Some classes of `transformers` make do without them, and read every text as unknown."""
    folder = Path(shutil.copytree(unpacked / "4.57.tar.xz" / name, tmp_path / name))
    for file in gone:
        (folder / file).unlink()
    with pytest.raises(CheckpointError, match=told) as raised:
        load_model(str(folder), dtype="float32")
    assert str(folder) in str(raised.value)


@pytest.mark.filterwarnings("ignore:Recommended")
@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("to be Zürich, no", "to be Zürich , no"),
        ("Zürich", "Zürich"),
        ("Zürich Zürich the", "Zürich Zürich the"),
        ("noZürichno", "no Zürich no"),
        ("the cat Zürich", "the cat Zürich"),
    ],
)
def test_added_tokens_of_slow_files_are_words(unpacked: Path, text: str, decoded: str) -> None:
    """`decoded` is version 4.57's; the current one glues the token to the word before it."""
    folder = unpacked / "4.57.tar.xz" / "marian-resized"
    tokenizer = MarianTokenizer.load(folder)
    source = tokenizer.tokenize_source(text)
    assert source.ids == transformers.MarianTokenizer.from_pretrained(folder)(text).input_ids
    written = tokenizer.detokenize(source.ids)
    assert written.text == tokenizer.decode(source.ids) == decoded
    for tokens in (source, written):
        spans = [span for piece, span in zip(tokens.pieces, tokens.spans, strict=True) if piece == "Zürich"]
        assert len(spans) == text.count("Zürich")
        assert all(span is not None and tokens.text[slice(*span)] == "Zürich" for span in spans)


@pytest.mark.parametrize("name", ["madlad-slow", "madlad-fast", "madlad-decoder_table"])
def test_madlad_writes_the_language_that_a_token_before_the_text_names(unpacked: Path, name: str) -> None:
    model = load_model(str(unpacked / "4.57.tar.xz" / name), dtype="float32")
    languages = ("pt", "de", "zh", "sr-Latn")
    assert set(model.pairs) == {(a, b) for a in languages for b in languages if a != b}
    text = "the cat"
    tokens = model.tokenizer.tokenize_source(text, "en", "de")
    assert "<2de>" in tokens.pieces
    assert tokens.text == text
    assert tokens.spans[tokens.pieces.index("<2de>")] is None
    shown = [text[slice(*span)] for span in tokens.spans if span is not None]
    assert shown[0][0] == "t"
    assert shown[-1][-1] == "t"
    assert model.tokenizer.encode_source("<2zh> the cat", "en", "de") == model.tokenizer.encode_source(
        "the cat", "en", "zh"
    )
    with pytest.raises(InvalidParamsError, match="no token for the language 'fi'; nearest: "):
        model.tokenizer.encode_source(text, "en", "fi")


@pytest.mark.parametrize("name", ["pegasus-slow", "pegasus-fast", "pegasus_x-fast", "bigbird_pegasus-fast"])
def test_pegasus_ends_its_lines(unpacked: Path, name: str) -> None:
    tokenizer = load_tokenizer(unpacked / "4.57.tar.xz" / name)
    lines = ["the cat sat", "a dog, barking", "no"]
    source = tokenizer.tokenize_source("<n>".join(lines))
    assert source.pieces.count("<n>") == 2
    written = tokenizer.detokenize(source.ids)
    assert written.text == tokenizer.decode(source.ids) == "\n".join(lines)
    for piece, span in zip(written.pieces, written.spans, strict=True):
        if span is not None and piece.strip("▁") and piece != "<n>":
            assert written.text[slice(*span)] == piece.strip("▁")
    begun = IncrementalDetokenizer(tokenizer)
    assert "".join([*(begun.feed([token_id]) for token_id in source.ids), begun.finish()]) == written.text
