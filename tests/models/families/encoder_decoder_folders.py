"""Folders of `EncoderDecoderModel` with the tokenizers that their checkpoints have."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer
from torch import Tensor

from tests.models.conftest import SENTENCES
from tests.models.families.encoder_decoder_cases import DECODER, SIDE, end_some_early
from tests.models.families.parity import make_outputs_varied

TEXTS = [
    *SENTENCES[:6],
    "Don't stop, it's José's half-price ½ offer: isn't it?  “Yes” … I'm, we're; do not 'quote' this!",
    "日本語 the cat",
    "  two  blanks ",
    "a .b ? c 's Über",
    "ﬁne\nlines",
    "",
]
MAX_NEW_TOKENS = 16
WEIGHTS = "model.safetensors"


def word_pieces(folder: Path, *, lowercase: bool = True) -> Any:
    """BERT's."""
    trained = BertWordPieceTokenizer(lowercase=lowercase)
    trained.train_from_iterator([*SENTENCES, *TEXTS], vocab_size=300, show_progress=False)
    trained.save_model(str(folder))
    return transformers.BertTokenizer.from_pretrained(str(folder), do_lower_case=lowercase)


def byte_pairs(folder: Path) -> Any:
    """RoBERTa's."""
    trained = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trained.train_from_iterator(SENTENCES, vocab_size=320, special_tokens=special, show_progress=False)
    trained.save_model(str(folder))
    return transformers.RobertaTokenizer.from_pretrained(str(folder))


def _train(path: Path, **ids: Any) -> None:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20),
        model_prefix=str(path.with_suffix("")),
        vocab_size=90,
        hard_vocab_limit=False,
        minloglevel=2,
        **ids,
    )
    path.with_suffix(".vocab").unlink()


def xlm_pieces(folder: Path) -> Any:
    """XLM-RoBERTa's."""
    _train(folder / "sentencepiece.bpe.model", unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
    return transformers.XLMRobertaTokenizer.from_pretrained(str(folder))


def bare_pieces(folder: Path) -> Any:
    """That of bert-generation, which puts nothing around a text."""
    ids: dict[str, Any] = {"pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3}
    _train(folder / "spiece.model", user_defined_symbols=["<::::>"], **ids)
    return transformers.BertGenerationTokenizer(str(folder / "spiece.model"))


KINDS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "bert": ("bert", word_pieces),
    "bert cased": ("bert", lambda folder: word_pieces(folder, lowercase=False)),
    "roberta": ("roberta", byte_pairs),
    "xlm-roberta": ("xlm-roberta", xlm_pieces),
    "bert-generation": ("bert-generation", bare_pieces),
}


def save(kind: str, folder: Path, *, keeps_vocabulary: bool = False) -> None:
    """A tiny checkpoint; `keeps_vocabulary`: as older versions save tokenizers, without `tokenizer.json`."""
    vocabulary = folder.with_name(f"{folder.name}-vocabulary")
    vocabulary.mkdir(parents=True)
    model_type, make = KINDS[kind]
    tokenizer = make(vocabulary)
    model(model_type, tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if keeps_vocabulary:
        (folder / "tokenizer.json").unlink(missing_ok=True)
        for file in vocabulary.iterdir():
            shutil.copy(file, folder / file.name)


def model(model_type: str, tokenizer: Any) -> Any:
    """A random network for a tokenizer."""
    own = {"model_type": model_type, "vocab_size": len(tokenizer), "max_position_embeddings": 128}
    side = SIDE | own
    is_bare = model_type == "bert-generation"
    config_class: Any = transformers.EncoderDecoderConfig
    config = config_class(
        encoder=side,
        decoder=side | DECODER,
        decoder_start_token_id=tokenizer.bos_token_id if is_bare else tokenizer.cls_token_id,
        eos_token_id=tokenizer.eos_token_id if is_bare else tokenizer.sep_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    made: Any = transformers.EncoderDecoderModel(config)
    made.eval()
    make_outputs_varied(made)
    end_some_early(made)
    made.generation_config.no_repeat_ngram_size = 2
    made.generation_config.max_length = MAX_NEW_TOKENS + 1
    return made


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
