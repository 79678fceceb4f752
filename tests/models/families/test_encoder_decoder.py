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
from safetensors.torch import load_file, save_file
from torch import Tensor
from typer.testing import CliRunner

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.engine.rows.ragged_batch import RaggedBatch
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.sequence import Sequence
from crosslate.models.lexical_shortlist import LexicalShortlist
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.tokenizer import Span
from crosslate.service.cli import app
from tests.models.families.encoder_decoder_cases import BERT2BERT, ROBERTA_SHARED, SIDE
from tests.models.families.encoder_decoder_folders import KINDS, TEXTS, save
from tests.models.families.parity import VOCAB_SIZE, build_checkpoint
from tests.models.families.refusing import refuse

WEIGHTS = "model.safetensors"


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


def change_config(folder: Path, *, decoder: dict[str, Any] | None = None, **values: object) -> None:
    """Change the whole's values, those of the decoder and, by `encoder`, of the other side; None removes."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    sides = {"encoder": values.pop("encoder", {}), "decoder": decoder or {}}
    for side, changed in sides.items():
        assert isinstance(changed, dict)
        config[side] |= changed
    config |= values
    path.write_text(json.dumps({name: value for name, value in config.items() if value is not None}))


def change_tensors(folder: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


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
            for text, ids in zip(TEXTS, tokens, strict=True):
                source = tokenizer(text).input_ids
                assert model.tokenizer.encode_source(text) == source
                given = torch.tensor([source or [5]])
                mask = torch.ones_like(given)
                expected = reference.generate(given, attention_mask=mask, num_beams=num_beams)[0].tolist()
                assert ids == expected[1:]
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


def test_an_unknown_piece_by_another_name(bert: Path) -> None:
    """As in the first translators' vocabularies, of which `transformers` makes nothing that reads it."""
    (bert / "tokenizer.json").unlink()
    (bert / "tokenizer_config.json").unlink()
    vocabulary = ["[PAD]", "<unk>", "[CLS]", "[SEP]", "the", "cat"]
    (bert / "vocab.txt").write_text("\n".join(vocabulary))
    tokenizer = load_model(str(bert), dtype="float32").tokenizer
    assert tokenizer.tokenize_source("the xyz cat").pieces == ["[CLS]", "the", "<unk>", "cat", "[SEP]"]
    assert tokenizer.unknown_token_id == 1
    assert tokenizer.decode([4, 1, 5]) == "the cat"
    (bert / "vocab.txt").write_text("\n".join(["[PAD]", *vocabulary[2:]]))
    change_config(bert, eos_token_id=2, decoder_start_token_id=1)
    refuse(bert, "no unknown token '[UNK]'")


def test_ids_behind_the_last_piece_write_nothing(folders: Callable[[str, str], Path]) -> None:
    tokenizer = load_model(str(folders("bert-generation", "vocabulary")), dtype="float32").tokenizer
    cat = tokenizer.encode_source("the cat")
    assert tokenizer.decode([*cat, 10**6]) == "the cat"


class TestTies:
    def test_one_side_is_all_that_is_stored(self, tmp_path: Path) -> None:
        whole = build_checkpoint(ROBERTA_SHARED, tmp_path / "whole").loaded
        assert whole.spec.share_embeddings
        for kept, dropped in (("encoder.", "decoder.roberta."), ("decoder.roberta.", "encoder.")):
            folder = Path(shutil.copytree(tmp_path / "whole", tmp_path / dropped))

            def drop(tensors: dict[str, Tensor], kept: str = kept, dropped: str = dropped) -> None:
                for name in [name for name in tensors if name.startswith(dropped)]:
                    if kept + name.removeprefix(dropped) in tensors:
                        del tensors[name]

            change_tensors(folder, drop)
            assert_alike(load_model(str(folder), dtype="float32"), whole)

    def test_what_differs_is_not_tied_whatever_is_said(self, tmp_path: Path) -> None:
        """Version 5 does not tie, so that the sides part as soon as it trains them."""
        words = "decoder.roberta.embeddings.word_embeddings.weight"
        whole = build_checkpoint(ROBERTA_SHARED, tmp_path).loaded
        change_tensors(tmp_path, lambda tensors: tensors[words].mul_(1.5))
        apart = load_model(str(tmp_path), dtype="float32")
        assert not apart.spec.share_embeddings
        assert torch.equal(apart.model.encoder.embedding.weight, whole.model.encoder.embedding.weight)
        assert torch.equal(apart.model.decoder.embedding.weight, whole.model.encoder.embedding.weight * 1.5)

    def test_an_output_projection_of_its_own(self, tmp_path: Path) -> None:
        name = "decoder.cls.predictions.decoder.weight"
        build_checkpoint(BERT2BERT, tmp_path)
        output = torch.randn(VOCAB_SIZE, SIDE["hidden_size"])
        change_tensors(tmp_path, lambda tensors: tensors.update({name: output}))
        loaded = load_model(str(tmp_path), dtype="float32")
        assert not loaded.spec.tie_output
        assert torch.equal(loaded.model.output.weight, output)


def assert_alike(model: LoadedModel, other: LoadedModel) -> None:
    ours, theirs = (dict(one.model.named_parameters()) for one in (model, other))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_what_early_versions_store_beside_the_network(tmp_path: Path) -> None:
    whole = build_checkpoint(BERT2BERT, tmp_path).loaded

    def add(tensors: dict[str, Tensor]) -> None:
        head = "decoder.cls.predictions"
        (bias,) = (tensors.pop(name) for name in (f"{head}.bias", f"{head}.decoder.bias") if name in tensors)
        tensors |= {f"{head}.bias": bias, f"{head}.decoder.bias": bias.clone()}
        tensors["decoder.bert.pooler.dense.weight"] = torch.zeros(32, 32)
        for root in ("encoder.", "decoder.bert."):
            tensors[f"{root}embeddings.position_ids"] = torch.arange(64)[None]

    change_tensors(tmp_path, add)
    assert_alike(load_model(str(tmp_path), dtype="float32"), whole)


def test_faults_of_the_weights_have_the_names_of_the_file(tmp_path: Path) -> None:
    build_checkpoint(BERT2BERT, tmp_path)

    def spoil(tensors: dict[str, Tensor]) -> None:
        del tensors["decoder.bert.encoder.layer.0.crossattention.self.key.weight"]
        del tensors["encoder.embeddings.token_type_embeddings.weight"]
        tensors["decoder.extra"] = torch.zeros(1)

    change_tensors(tmp_path, spoil)
    refuse(
        tmp_path,
        "missing: decoder.bert.encoder.layer.0.crossattention.self.key.weight",
        "missing: encoder.embeddings.(position + token_type)_embeddings.weight",
        "unknown: decoder.extra",
    )


def test_the_longest_texts(tmp_path: Path) -> None:
    """RoBERTa's table has two rows that are for no position."""
    checkpoint = build_checkpoint(ROBERTA_SHARED, tmp_path)
    spec = checkpoint.loaded.spec
    assert (spec.max_source_tokens, spec.max_target_tokens) == (62, 61)
    maps = checkpoint.engine.align([5] * 62, [6] * 61)
    assert maps.shape[2:] == (61, 62)
    assert bool(torch.isfinite(maps).all())


def test_what_the_decoders_configuration_says_of_generation(bert: Path) -> None:
    (bert / "generation_config.json").unlink()
    change_config(bert, decoder={"num_beams": 3, "max_length": 20, "length_penalty": 2.0}, length_penalty=0.5)
    params = load_model(str(bert), dtype="float32").default_params
    assert (params.num_beams, params.max_new_tokens, params.length_penalty) == (3, None, 0.5)


def test_ids_that_the_decoder_or_generation_config_gives(bert: Path) -> None:
    ids = json.loads((bert / "config.json").read_text())
    names = ("decoder_start_token_id", "eos_token_id", "pad_token_id")
    given = {name: ids[name] for name in names}
    (bert / "generation_config.json").unlink()
    change_config(bert, decoder=given, **dict.fromkeys(names))
    spec = load_model(str(bert), dtype="float32").spec
    assert (spec.decoder_start_token_id, *spec.eos_token_ids, spec.pad_token_id) == tuple(given.values())
    (bert / "generation_config.json").write_text(json.dumps({"eos_token_id": 7}))
    assert load_model(str(bert), dtype="float32").spec.eos_token_ids == (7,)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"decoder": {"model_type": "gpt2"}}, "decoder.model_type 'gpt2' is not supported"),
        ({"encoder": {"model_type": "longformer"}}, "supported on either side: bert, bert-generation"),
        ({"encoder": {"position_embedding_type": "relative_key"}}, "encoder.position_embedding_type"),
        ({"encoder": {"model_type": "electra", "embedding_size": 16}}, "encoder.embedding_size 16 differs"),
        ({"encoder": {"is_decoder": True}}, "encoder.is_decoder"),
        ({"decoder": {"add_cross_attention": False}}, "decoder.add_cross_attention"),
        ({"decoder": {"cross_attention_hidden_size": 64}}, "decoder.cross_attention_hidden_size 64 differs"),
        ({"decoder": {"num_attention_heads": 5}}, "hidden_size 32 is no multiple of num_attention_heads 5"),
        ({"decoder": {"hidden_act": "quick_gelu"}}, "hidden_act 'quick_gelu' is not supported"),
        ({"decoder": {"vocab_size": 99}}, "decoder.vocab_size 99: each side has a tokenizer of its own"),
        ({"decoder_start_token_id": None, "decoder": {"bos_token_id": None}}, "decoder_start_token_id"),
        ({"eos_token_id": None}, "config.json says no eos_token_id"),
        ({"eos_token_id": 100_000}, "eos_token_id 100000 is no token of the tokenizer"),
        ({"decoder": {"model_type": "roberta"}, "decoder_start_token_id": 0}, "is the padding token's"),
    ],
    ids=str,
)
def test_what_is_not_supported(bert: Path, changed: dict[str, Any], named: str) -> None:
    (bert / "generation_config.json").unlink()
    change_config(bert, **changed)
    refuse(bert, named)


def test_a_configuration_without_a_side(bert: Path) -> None:
    change_config(bert)
    config = json.loads((bert / "config.json").read_text())
    del config["encoder"]
    (bert / "config.json").write_text(json.dumps(config))
    refuse(bert, "config.json describes no encoder")


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
