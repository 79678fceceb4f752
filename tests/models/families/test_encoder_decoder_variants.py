"""What folders of encoder-decoders differ in, and what is refused by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from crosslate.models.loading import LoadedModel, load_model
from tests.models.families.encoder_decoder_cases import BERT2BERT, ROBERTA_SHARED, SIDE
from tests.models.families.encoder_decoder_folders import change_config, change_tensors, save
from tests.models.families.parity import VOCAB_SIZE, build_checkpoint
from tests.models.families.refusing import refuse


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of BERT's."""
    folder = tmp_path_factory.mktemp("saved") / "model"
    save("bert", folder, keeps_vocabulary=True)
    return folder


@pytest.fixture
def bert(saved: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(saved, tmp_path / "model"))


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
    config = json.loads((bert / "config.json").read_text())
    del config["encoder"]
    (bert / "config.json").write_text(json.dumps(config))
    refuse(bert, "config.json describes no encoder")


def test_an_unknown_piece_by_another_name(bert: Path) -> None:
    """As in the first translators' vocabularies, of which `transformers` makes nothing that reads it."""
    (bert / "tokenizer.json").unlink(missing_ok=True)
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
