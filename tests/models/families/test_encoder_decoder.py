"""Encoder-decoders made of BERT and RoBERTa, from text to text, against `transformers`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch.nn.utils.rnn import pad_sequence
from typer.testing import CliRunner

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.engine.rows.ragged_batch import RaggedBatch
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist
from crosslate.models.engine.sequence import Sequence
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.commands.cli import app
from tests.models.families.encoder_decoder_cases import BERT2BERT
from tests.models.families.encoder_decoder_folders import KINDS, TEXTS, change_config, change_tensors, save
from tests.models.families.parity import VOCAB_SIZE, build_checkpoint


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """By kind and layout, each made once."""
    root = tmp_path_factory.mktemp("folders")

    def folder(kind: str, layout: str) -> Path:
        made = root / f"{kind} {layout}"
        if not made.exists():
            save(kind, made, keeps_vocabulary=layout == "vocabulary")
        return made

    return folder


@pytest.fixture
def bert(folders: Callable[[str, str], Path], tmp_path: Path) -> Path:
    """A folder of BERT's to be changed."""
    return Path(shutil.copytree(folders("bert", "tokenizer.json"), tmp_path / "model"))


def written(model: LoadedModel, num_beams: int = 1) -> list[list[int]]:
    params = GenerationParams(num_beams=num_beams)
    sources = map(model.tokenizer.encode_source, TEXTS)
    requests = [GenerationRequest(source_ids=source or [5], params=params) for source in sources]
    return [output.token_ids for output in model.make_engine().generate(requests)]


@pytest.mark.parametrize("layout", ["tokenizer.json", "vocabulary"])
@pytest.mark.parametrize("kind", KINDS)
class TestFolders:
    def test_texts_are_the_references(
        self, folders: Callable[[str, str], Path], kind: str, layout: str
    ) -> None:
        folder = folders(kind, layout)
        reference: Any = transformers.EncoderDecoderModel.from_pretrained(folder)
        tokenizer: Any = tokenizer_class(kind).from_pretrained(folder)
        model = load_model(str(folder), dtype="float32")
        assert model.task == "summarization"
        for num_beams in (1, 3):
            tokens = written(model, num_beams)
            assert len({tuple(ids) for ids in tokens}) > 5, "else the comparison would show little"
            sources = [tokenizer(text).input_ids for text in TEXTS]
            assert [model.tokenizer.encode_source(text) for text in TEXTS] == sources
            assert tokens == generated(reference, [source or [5] for source in sources], num_beams)
            for ids in tokens:
                decoded = tokenizer.decode(
                    ids, skip_special_tokens=True, clean_up_tokenization_spaces=kind[:4] == "bert"
                )
                assert model.tokenizer.decode(ids) == decoded.strip()
                assert model.tokenizer.detokenize(ids).text == decoded.strip()

    def test_spans(self, folders: Callable[[str, str], Path], kind: str, layout: str) -> None:
        model = load_model(str(folders(kind, layout)), dtype="float32")
        for text in TEXTS:
            source = model.tokenizer.tokenize_source(text)
            assert source.ids == model.tokenizer.encode_source(text)
            assert_covers(text, source.spans)
            target = model.tokenizer.tokenize_target(text)
            assert target.ids[-1] == model.spec.eos_token_ids[0]
            assert target.ids[0] != model.spec.decoder_start_token_id
            output = model.tokenizer.detokenize(target.ids)
            assert_covers(output.text, output.spans)


def generated(reference: Any, sources: list[list[int]], num_beams: int) -> list[list[int]]:
    """What `transformers` writes for these in one batch, without start token and what follows the end."""
    ids = pad_sequence([*map(torch.tensor, sources)], True, reference.config.pad_token_id)
    mask = pad_sequence([torch.ones(len(source), dtype=torch.long) for source in sources], True)
    rows = reference.generate(ids, attention_mask=mask, num_beams=num_beams)[:, 1:].tolist()
    eos = reference.config.eos_token_id
    return [row[: row.index(eos) + 1] if eos in row else row for row in rows]


def tokenizer_class(kind: str) -> Any:
    names = {"bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta"}
    return getattr(transformers, f"{names.get(kind.split(' ', maxsplit=1)[0], 'BertGeneration')}Tokenizer")


def assert_covers(text: str, spans: list[Span | None]) -> None:
    """Every visible character belongs to a token, and tokens follow the text."""
    shown = [span for span in spans if span is not None]
    covered = {i for start, end in shown for i in range(start, end)}
    assert covered >= {i for i, character in enumerate(text) if not character.isspace()}
    assert shown == sorted(shown)


def test_pieces_of_a_word_have_its_parts(folders: Callable[[str, str], Path]) -> None:
    tokenizer = load_model(str(folders("bert", "vocabulary")), dtype="float32").tokenizer
    text = "José's Über"
    source = tokenizer.tokenize_source(text)
    assert source.pieces[0] == "[CLS]"
    assert source.spans[0] is source.spans[-1] is None
    assert any(piece.startswith("##") for piece in source.pieces)
    for piece, span in zip(source.pieces[1:-1], source.spans[1:-1], strict=True):
        assert span is not None
        assert span[1] - span[0] == len(piece.removeprefix("##"))


def test_the_first_translators_have_word_pieces_without_a_frame(tmp_path: Path) -> None:
    """As `google/bert2bert_L-24_wmt_de_en`: its network is bert-generation's, its vocabulary BERT's."""
    folder = tmp_path / "bert2bert_L-24_wmt_de_en"
    save("bert cased", folder, keeps_vocabulary=True)
    model = load_model(str(folder), dtype="float32")
    assert (model.task, model.pairs) == ("translation", (("de", "en"),))
    change_config(folder, encoder={"model_type": "bert-generation"})
    (folder / "tokenizer_config.json").unlink()
    change_tensors(folder, lambda t: t.pop("encoder.embeddings.token_type_embeddings.weight"))
    bare = load_model(str(folder), dtype="float32").tokenizer
    reference = transformers.BertTokenizer.from_pretrained(folder)
    for text in TEXTS:
        assert bare.encode_source(text) == reference(text, add_special_tokens=False).input_ids
        assert bare.tokenize_target(text).ids == [*bare.encode_source(text), reference.sep_token_id]


def test_ids_behind_the_last_piece_write_nothing(folders: Callable[[str, str], Path]) -> None:
    tokenizer = load_model(str(folders("bert-generation", "vocabulary")), dtype="float32").tokenizer
    cat = tokenizer.encode_source("the cat")
    assert tokenizer.decode([*cat, 10**6]) == "the cat"


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_shortlists_read_what_the_transform_gives(tmp_path: Path, dtype: Any) -> None:
    """With every second token allowed, scores are the whole vocabulary's."""
    build_checkpoint(BERT2BERT, tmp_path)
    loaded = load_model(str(tmp_path), dtype=dtype)
    allowed = np.arange(0, VOCAB_SIZE, 2)
    offsets = np.arange(VOCAB_SIZE + 1) * len(allowed)
    shortlist = LexicalShortlist(0, offsets, np.tile(allowed, VOCAB_SIZE))
    found = []
    for runner in (ModelRunner(loaded.model), ModelRunner(loaded.model, shortlist=shortlist)):
        request = GenerationRequest(source_ids=[5, 9, 7, 1])
        runner.join([Sequence(request=request, arrival_s=0.0)])
        (batch,) = runner.batches
        assert isinstance(batch, RaggedBatch)
        found.append(batch.decode().over_vocabulary(slice(0, 1), VOCAB_SIZE))
    whole, short = found
    # In int8 candidates are rounded in another way than all outputs together.
    tolerance = 0.05 if dtype == "int8" else 1e-5
    torch.testing.assert_close(short[:, allowed], whole[:, allowed], rtol=0.0, atol=tolerance)
    assert bool(torch.isinf(short[:, allowed + 1]).all())


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_in_one_process_from_the_command_line(
    bert: Path, dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"path": str(bert), "dtype": dtype}
    both = [
        {"id": "summaries", **settings},
        {"id": "translations", **settings, "task": "translation", "pairs": [["de", "en"]]},
    ]
    config = tmp_path / "crosslate.json"
    config.write_text(json.dumps({"models": both}))
    monkeypatch.chdir(tmp_path)
    common = ["--config", str(config), "--json"]
    text = " ".join(f"{text.capitalize()}." for text in TEXTS[:6])
    told = CliRunner().invoke(app, ["summarize", text * 4, *common, "--alignment", "links"])
    assert told.exit_code == 0, told.output
    summary = json.loads(told.stdout)
    assert summary["model"] == "summaries"
    told = CliRunner().invoke(
        app, ["translate", TEXTS[1], *common, "--from", "de", "--to", "en", "--alignment", "links"]
    )
    assert told.exit_code == 0, told.output
    (translation,) = json.loads(told.stdout)["translations"]
    words = [TEXTS[1][slice(*span)] for span in translation["alignment"]["source_words"]]
    assert words == TEXTS[1].split()
