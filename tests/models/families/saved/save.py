"""Saves tiny checkpoints of every family with the `transformers` that is installed beside it.

`README.md` says how. Imports nothing of Crosslate: it runs in environments of old and new versions.

Every folder gets an `expected.json`: what this version of `transformers`, having read the folder again,
makes of some texts: source ids, tokens by greedy and by beam search, and the text of the latter.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MethodType
from typing import Any

import sentencepiece
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer

VERSION = tuple(map(int, transformers.__version__.split(".")[:2]))
TEXTS = [
    "the cat sat on the mat",
    "a dog, barking all night long!",
    "no",
    "to be or not to be, that is Zürich",
]
SENTENCES = [
    *TEXTS,
    "she sells sea shells by the sea shore",
    "peter piper picked a peck of pickled peppers",
    "the quick brown fox jumps over the lazy dog",
    "we were there yesterday, and we shall be there tomorrow",
    "all that glitters is not gold, he said, and went away without another word",
]
NUM_BEAMS = 3
MAX_NEW_TOKENS = 10

Settings = dict[str, Any]


# Vocabularies, made once: what all versions read.


def train_pieces(path: Path, **settings: Any) -> sentencepiece.SentencePieceProcessor:
    """A SentencePiece model at `path`."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20),
        model_prefix=str(path.with_suffix("")),
        vocab_size=60,
        hard_vocab_limit=False,
        minloglevel=2,
        **settings,
    )
    made = path.with_suffix(".model")
    if made != path:
        made.rename(path)
    path.with_suffix(".vocab").unlink()
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def byte_level(folder: Path, class_name: str) -> Any:
    """BART's kind."""
    tokenizer = ByteLevelBPETokenizer()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(SENTENCES, vocab_size=300, special_tokens=specials, show_progress=False)
    tokenizer.save_model(str(folder))
    return slow(class_name, folder)


def t5_pieces(folder: Path) -> Any:
    """T5's kind: padding, end, unknown, then pieces."""
    train_pieces(folder / "spiece.model", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    return slow("T5Tokenizer", folder, extra_ids=4)


def byte_tokens(folder: Path) -> Any:
    """ByT5's: no file at all."""
    return transformers.ByT5Tokenizer()


def madlad_pieces(folder: Path) -> Any:
    """MADLAD-400's: tokens of target languages are pieces, and the start token is not the padding."""
    languages = ["<2pt>", "<2de>", "<2zh>", "<2sr_Latn>"]
    train_pieces(
        folder / "spiece.model", unk_id=0, bos_id=1, eos_id=2, pad_id=-1, user_defined_symbols=languages
    )
    return slow("T5Tokenizer", folder, extra_ids=0, additional_special_tokens=[], pad_token="<s>")


def pegasus_pieces(folder: Path) -> Any:
    """Pegasus': 103 ids before the pieces', and a piece that is a line's end."""
    settings = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    train_pieces(folder / "spiece.model", user_defined_symbols=["<n>"], **settings)
    return slow("PegasusTokenizer", folder)


def word_pieces(folder: Path) -> Any:
    """ProphetNet's: BERT's, with an end of sentences."""
    trainer = BertWordPieceTokenizer(lowercase=True)
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[X_SEP]"]
    trainer.train_from_iterator(SENTENCES, vocab_size=150, special_tokens=specials, show_progress=False)
    trainer.save_model(str(folder))
    return transformers.ProphetNetTokenizer(str(folder / "vocab.txt"))


def fairseq_pieces(class_name: str, **settings: object) -> Callable[[Path], Any]:
    """mBART's, mBART-50's, NLLB's and PLBart's kind."""

    def make(folder: Path) -> Any:
        # As published: NLLB's pieces are byte pairs, the others' a unigram model.
        model_type = "bpe" if class_name == "NllbTokenizer" else "unigram"
        path = folder / "sentencepiece.bpe.model"
        train_pieces(path, model_type=model_type, unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
        return slow(class_name, folder, **settings)

    return make


def m2m_pieces(folder: Path) -> Any:
    """M2M100's: a vocabulary beside the SentencePiece model."""
    path = folder / "sentencepiece.bpe.model"
    model = train_pieces(path, unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
    pieces = [model.id_to_piece(i) for i in range(3, model.get_piece_size())]
    write_vocabulary(folder / "vocab.json", ["<s>", "<pad>", "</s>", "<unk>", *pieces])
    return slow("M2M100Tokenizer", folder, src_lang="en", tgt_lang="pt")


def marian_pieces(folder: Path, tags: tuple[str, ...] = (), *, is_separate: bool = False) -> Any:
    """Marian's: a vocabulary beside two SentencePiece models."""
    model = train_pieces(folder / "source.spm", eos_id=0, unk_id=1, bos_id=-1, pad_id=-1)
    shutil.copy(folder / "source.spm", folder / "target.spm")
    pieces = [model.id_to_piece(i) for i in range(model.get_piece_size())]
    write_vocabulary(folder / "vocab.json", [*pieces, *tags, "<pad>"])
    settings: Settings = {"source_lang": "en", "target_lang": "pt"}
    if is_separate:
        write_vocabulary(folder / "target_vocab.json", [*pieces[:2], *reversed(pieces[2:]), "<pad>"])
        settings["separate_vocabs"] = True
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return transformers.MarianTokenizer.from_pretrained(str(folder))


def write_vocabulary(path: Path, pieces: list[str]) -> None:
    """Pieces by their ids."""
    path.write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}))


def slow(class_name: str, folder: Path, **settings: object) -> Any:
    """The class's tokenizer, from these files alone."""
    return getattr(transformers, class_name).from_pretrained(str(folder), **settings)


# Networks: random, and such that each parameter counts.


BART_SIZES: Settings = {
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
    "max_position_embeddings": 48,
    "init_std": 0.2,
    "bos_token_id": 0,
    "pad_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
    "forced_eos_token_id": 2,
}
PEGASUS_SIZES: Settings = BART_SIZES | {
    "pad_token_id": 0,
    "eos_token_id": 1,
    "decoder_start_token_id": 0,
    "forced_eos_token_id": 1,
    "activation_function": "relu",
}
LED_SIZES: Settings = {
    name: size for name, size in BART_SIZES.items() if name != "max_position_embeddings"
} | {
    "max_encoder_position_embeddings": 48,
    "max_decoder_position_embeddings": 32,
    "attention_window": 8,
}
T5_SIZES: Settings = {
    "d_model": 16,
    "d_kv": 8,
    "d_ff": 24,
    "num_layers": 1,
    "num_decoder_layers": 1,
    "num_heads": 2,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 20,
    "decoder_start_token_id": 0,
}
NLLB_MOE_SIZES: Settings = BART_SIZES | {
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_sparse_step": 2,
    "decoder_sparse_step": 1,
    "num_experts": 4,
}
SWITCH_SIZES: Settings = T5_SIZES | {
    "num_layers": 2,
    "num_decoder_layers": 2,
    "num_sparse_encoder_layers": 1,
    "num_sparse_decoder_layers": 1,
    "router_jitter_noise": 0.0,  # which 4.30 draws whenever it reads
    "num_experts": 4,
}
GATED: Settings = T5_SIZES | {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}


PROPHET_NET_SIZES: Settings = {
    "hidden_size": 16,
    "num_encoder_layers": 1,
    "num_decoder_layers": 1,
    "num_encoder_attention_heads": 2,
    "num_decoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
    "max_position_embeddings": 48,
    "init_std": 0.5,
    "ngram": 3,
    "num_buckets": 8,
    "relative_max_distance": 12,
    "pad_token_id": 0,
    "bos_token_id": 3,
    "eos_token_id": 3,
    "decoder_start_token_id": 3,
}


def marian_sizes(tokenizer: Any) -> Settings:
    """Marian's ids are the vocabulary's."""
    pad, eos = tokenizer.pad_token_id, tokenizer.eos_token_id
    return BART_SIZES | {
        "pad_token_id": pad,
        "decoder_start_token_id": pad,
        "eos_token_id": eos,
        "forced_eos_token_id": eos,
        "activation_function": "swish",
        "scale_embedding": True,
    }


@dataclass(frozen=True)
class Kind:
    """A kind of checkpoint: its tokenizer, its classes and its sizes."""

    tokenizer: Callable[[Path], Any]
    family: str
    settings: Settings | Callable[[Any], Settings]
    languages: tuple[str, str] | None = None
    prefix: str = ""
    is_untied: bool = False
    since: tuple[int, int] = (4, 30)

    def model(self, tokenizer: Any) -> Any:
        """A random network for this tokenizer."""
        settings = self.settings(tokenizer) if callable(self.settings) else self.settings
        # Byte tokenizers of old versions list no vocabulary, and others have gaps between their ids.
        known = [] if self.tokenizer is byte_tokens else list(tokenizer.get_vocab().values())
        vocab_size = max([len(tokenizer), *(i + 1 for i in known)])
        if self.tokenizer is m2m_pieces:  # hides its languages, and has some more ids that nobody uses
            vocab_size = tokenizer.encoder_size + len(tokenizer.lang_token_to_id) + tokenizer.num_madeup_words
        config = getattr(transformers, f"{self.family}Config")(vocab_size=vocab_size, **settings)
        torch.manual_seed(0)
        is_marian = self.family == "Marian"
        model_class = "MarianMTModel" if is_marian else f"{self.family}ForConditionalGeneration"
        made = getattr(transformers, model_class)(config).eval()
        vary(made, is_untied=self.is_untied)
        return made


KINDS = {
    "bart": Kind(lambda f: byte_level(f, "BartTokenizer"), "Bart", BART_SIZES),
    "led": Kind(lambda f: byte_level(f, "LEDTokenizer"), "LED", LED_SIZES),
    "mbart": Kind(
        fairseq_pieces("MBartTokenizer", src_lang="en_XX", tgt_lang="ro_RO"),
        "MBart",
        lambda tokenizer: (
            BART_SIZES
            | {"scale_embedding": True, "decoder_start_token_id": tokenizer.convert_tokens_to_ids("ro_RO")}
        ),
        languages=("en", "ro"),
    ),
    "mbart50": Kind(
        fairseq_pieces("MBart50Tokenizer", src_lang="en_XX", tgt_lang="pt_XX"),
        "MBart",
        BART_SIZES | {"scale_embedding": True},
        languages=("en", "pt"),
    ),
    "plbart": Kind(
        fairseq_pieces("PLBartTokenizer", src_lang="java", tgt_lang="en_XX", language_codes="base"),
        "PLBart",
        lambda tokenizer: (
            BART_SIZES | {"decoder_start_token_id": tokenizer.convert_tokens_to_ids("__en_XX__")}
        ),
        languages=("java", "en"),
    ),
    "m2m_100": Kind(m2m_pieces, "M2M100", BART_SIZES, languages=("en", "pt")),
    "nllb": Kind(
        fairseq_pieces("NllbTokenizer", src_lang="eng_Latn", tgt_lang="por_Latn"),
        "M2M100",
        BART_SIZES,
        languages=("en", "pt"),
    ),
    "nllb_moe": Kind(
        fairseq_pieces("NllbTokenizer", src_lang="eng_Latn", tgt_lang="por_Latn"),
        "NllbMoe",
        NLLB_MOE_SIZES,
        languages=("en", "pt"),
    ),
    "pegasus": Kind(pegasus_pieces, "Pegasus", PEGASUS_SIZES),
    "pegasus_x": Kind(pegasus_pieces, "PegasusX", PEGASUS_SIZES | {"block_size": 4, "num_global_tokens": 2}),
    "bigbird_pegasus": Kind(
        pegasus_pieces,
        "BigBirdPegasus",
        PEGASUS_SIZES | {"attention_type": "original_full", "activation_function": "gelu_new"},
    ),
    "prophetnet": Kind(word_pieces, "ProphetNet", PROPHET_NET_SIZES),
    "t5": Kind(t5_pieces, "T5", T5_SIZES),
    "t5_gated": Kind(t5_pieces, "T5", GATED, is_untied=True),
    "switch_transformers": Kind(t5_pieces, "SwitchTransformers", SWITCH_SIZES),
    "byt5": Kind(byte_tokens, "T5", GATED, is_untied=True),
    "mt5": Kind(t5_pieces, "MT5", GATED, is_untied=True),
    "madlad": Kind(
        madlad_pieces,
        "T5",
        GATED | {"eos_token_id": 2, "pad_token_id": 1},
        languages=("en", "pt"),
        prefix="<2pt> ",
        is_untied=True,
    ),
    "umt5": Kind(t5_pieces, "UMT5", GATED, is_untied=True, since=(4, 31)),
    "longt5": Kind(
        t5_pieces,
        "LongT5",
        GATED | {"local_radius": 3, "global_block_size": 4, "encoder_attention_type": "transient-global"},
        is_untied=True,
    ),
    "marian": Kind(marian_pieces, "Marian", marian_sizes, languages=("en", "pt")),
    "marian_targets": Kind(
        lambda f: marian_pieces(f, (">>por<<", ">>spa<<")),
        "Marian",
        marian_sizes,
        languages=("en", "pt"),
        prefix=">>por<< ",
    ),
    "marian_separate": Kind(
        lambda f: marian_pieces(f, is_separate=True),
        "Marian",
        lambda tokenizer: (
            marian_sizes(tokenizer)
            | {
                "share_encoder_decoder_embeddings": False,
                "tie_word_embeddings": False,
                "decoder_vocab_size": len(tokenizer),
            }
        ),
        languages=("en", "pt"),
    ),
}


def vary(model: Any, *, is_untied: bool) -> None:
    """Every parameter random, so that none can be forgotten, and outputs depend on their sources."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.normal_(std=1.0 if "norm" in name and name.endswith("weight") else 0.1)
            elif any(part in name for part in ("encoder_attn", "EncDecAttention", "cross_att")):
                parameter.mul_(2.0)
        if is_untied:
            weight = model.lm_head.weight
            model.lm_head.weight = torch.nn.Parameter(torch.randn_like(weight) * weight.shape[1] ** -0.5)
        for name, buffer in model.named_buffers():
            if name == "final_logits_bias":
                buffer.normal_(std=0.1)
                buffer[0, model.config.eos_token_id] = 0.5


# Folders.


class Saver:
    """Writes folders below `out`, each by this version's own savers."""

    def __init__(self, out: Path, earlier: Path | None) -> None:
        self.out = out
        self.earlier = earlier
        self.vocabularies = out.parent / "vocabularies" / out.name

    def tokenizer(self, name: str) -> Any:
        """New versions get what an earlier one saved: that is what is fine-tuned from now on."""
        if self.earlier is not None and name != "byt5":
            # These have no class of their own, and the automatic choice does not know their slow files.
            layout = "fast" if name in ("pegasus_x", "bigbird_pegasus", "umt5") else "slow"
            earlier = self.earlier / f"{name}-{layout}"
            return transformers.AutoTokenizer.from_pretrained(str(earlier))
        folder = self.vocabularies / name
        folder.mkdir(parents=True, exist_ok=True)
        return KINDS[name].tokenizer(folder)

    def save(
        self,
        name: str,
        variant: str,
        *,
        change: Callable[[Any, Any], None] | None = None,
        change_files: Callable[[Path], None] | None = None,
        is_fast: bool = True,
        is_pickle: bool = False,
        is_broken: bool = False,
    ) -> None:
        """One folder: `change` gets model and tokenizer before they are saved, `change_files` the folder.

        Nothing is expected of a broken one.
        """
        kind = KINDS[name]
        if kind.since > VERSION:
            return
        folder = self.out / f"{name}-{variant}"
        tokenizer = self.tokenizer(name)
        if VERSION < (5, 0) and is_fast and not tokenizer.is_fast:
            tokenizer = as_fast(tokenizer, self.vocabularies / name)
        model = kind.model(tokenizer)
        search: Settings = {"no_repeat_ngram_size": 2, "max_length": MAX_NEW_TOKENS + 1}
        if name == "madlad":
            search["bad_words_ids"] = [[i] for i in range(3, 7)]  # language tokens
        if VERSION < (4, 40):
            search["length_penalty"] = 0.0  # lengths were counted with the start token then
        model.generation_config.update(**search)
        if VERSION < (4, 40):  # goes by the network's configuration
            model.config.update(search)
        if change is not None:
            change(model, tokenizer)
        model = model.half()
        settings: Settings = {"safe_serialization": not is_pickle} if VERSION < (5, 0) else {}
        model.save_pretrained(str(folder), **settings)
        tokenizer.save_pretrained(str(folder))
        if change_files is not None:
            change_files(folder)
        if is_broken:
            (folder / "expected.json").write_text("null")
        else:
            expect(folder, kind, type(model), tokenizer)

    def archive(self) -> None:
        """All folders as one file."""
        with tarfile.open(f"{self.out}.tar.xz", "w:xz") as archive:
            archive.add(self.out, arcname=".", filter=_anonymous)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def as_fast(tokenizer: Any, folder: Path) -> Any:
    """The fast twin, where there is one."""
    twin = getattr(transformers, f"{type(tokenizer).__name__}Fast", None)
    if twin is None:
        return tokenizer
    tokenizer.save_pretrained(str(folder / "slow"))
    return twin.from_pretrained(str(folder / "slow"))


def expect(folder: Path, kind: Kind, model_class: Any, tokenizer: Any) -> None:
    """Write what this version makes of the folder."""
    precision = {"dtype": torch.float32} if VERSION >= (4, 56) else {"torch_dtype": torch.float32}
    model = model_class.from_pretrained(str(folder), **precision).eval()
    if kind.family == "NllbMoe" and VERSION >= (5, 0):
        ask_as_routed(model)
    forced = forced_language(kind, tokenizer)
    greedy: list[list[int]] = []
    beam: list[list[int]] = []
    sources: list[list[int]] = []
    for text in TEXTS:
        ids = tokenizer(kind.prefix + text, return_tensors="pt").input_ids
        settings: Settings = {} if forced is None else {"forced_bos_token_id": forced}
        if kind.family == "LED":
            settings["global_attention_mask"] = torch.zeros_like(ids)
            settings["global_attention_mask"][:, 0] = 1
        sources.append(ids[0].tolist())
        for found, num_beams in ((greedy, 1), (beam, NUM_BEAMS)):
            with torch.inference_mode():
                output = model.generate(
                    input_ids=ids,
                    attention_mask=torch.ones_like(ids),
                    num_beams=num_beams,
                    do_sample=False,
                    **settings,
                )
            found.append(output[0].tolist()[1:])
    cleans = kind.tokenizer is word_pieces  # the others do not by themselves
    expected = {
        "transformers": transformers.__version__,
        "languages": kind.languages,
        "texts": TEXTS,
        "sources": sources,
        "greedy": greedy,
        "beam": beam,
        "decoded": tokenizer.batch_decode(
            beam, skip_special_tokens=True, clean_up_tokenization_spaces=cleans
        ),
    }
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False))


def ask_as_routed(model: Any) -> None:
    """Version 5.23 has experts 0 and 1 take all tokens: go by the weights that routers give."""

    def weighted_sum(experts: Any, states: Any, mask: Any, weights: Any) -> Any:
        asked = [experts[f"expert_{i}"](states) * weights[:, i, None] for i in range(experts.num_experts)]
        return sum(asked) * (1 - experts.moe_token_dropout)

    for module in model.modules():
        if type(module).__name__ == "NllbMoeExperts":
            module.forward = MethodType(weighted_sum, module)


def forced_language(kind: Kind, tokenizer: Any) -> int | None:
    """The first token of the target, in families that force it."""
    token = {"m2m_100": "__pt__", "nllb": "por_Latn", "nllb_moe": "por_Latn", "mbart50": "pt_XX"}.get(
        next(name for name, known in KINDS.items() if known is kind)
    )
    return None if token is None else int(tokenizer.convert_tokens_to_ids(token))


# What else is found in folders.


def edit(name: str, **changes: object) -> Callable[[Path], None]:
    """Change values of a JSON file; `...` removes one."""

    def change(folder: Path) -> None:
        path = folder / name
        content = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not ...}))

    return change


def remove(name: str) -> Callable[[Path], None]:
    """Take a file away."""
    return lambda folder: (folder / name).unlink()


def both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    """One after the other."""

    def change(folder: Path) -> None:
        for one in changes:
            one(folder)

    return change


def keep_decoder_table_only(folder: Path) -> None:
    """As MADLAD-400 was published: of the embedding's names, only the decoder's is there."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    tensors["decoder.embed_tokens.weight"] = tensors.pop("shared.weight")
    save_file(tensors, path, metadata={"format": "pt"})


def search_in_config(model: Any, tokenizer: Any) -> None:
    """As before there were files for it."""
    model.config.update({"num_beams": 2, "no_repeat_ngram_size": 2, "max_length": MAX_NEW_TOKENS + 1})


def resize(model: Any, tokenizer: Any) -> None:
    """New tokens, and an embedding that is larger than the vocabulary."""
    tokenizer.add_tokens(["Zürich"])
    # Marian's bias would keep the exact length, and the folder could not be read again.
    multiple = None if model.config.model_type == "marian" else 64
    model.resize_token_embeddings(len(tokenizer), pad_to_multiple_of=multiple)


def forget_to_resize(model: Any, tokenizer: Any) -> None:
    """New tokens, and no place for them."""
    tokenizer.add_tokens(["Zürich", "Genève"])


FORCED_IDS = {"forced_bos_token_id": 0, "forced_eos_token_id": 2}
NO_IDS = dict.fromkeys(FORCED_IDS, None)
SEARCH = {"no_repeat_ngram_size": 2, "max_length": MAX_NEW_TOKENS + 1}


def save_variants(saver: Saver) -> None:
    """Folders that differ from what the savers write at first, in ways that are met."""
    if VERSION < (4, 40):
        saver.save(
            "bart",
            "no_generation_config",
            change=search_in_config,
            change_files=remove("generation_config.json"),
            is_pickle=True,
        )
    if VERSION != (4, 57) and VERSION < (5, 0):
        return
    saver.save(
        "bart",
        "forced_in_generation_config",
        change_files=both(edit("config.json", **NO_IDS), edit("generation_config.json", **FORCED_IDS)),
    )
    saver.save(
        "bart",
        "forced_in_config",
        change_files=both(
            edit("generation_config.json", **NO_IDS), edit("config.json", **FORCED_IDS, **SEARCH)
        ),
    )
    for name in ("bart", "t5", "m2m_100"):
        ids = dict.fromkeys(("bos_token_id", "eos_token_id", "decoder_start_token_id"), None)
        saver.save(name, "null_ids", change_files=edit("config.json", **ids))
    for name in ("t5", "pegasus"):
        saver.save(
            name,
            "null_in_generation_config",
            change_files=edit("generation_config.json", pad_token_id=None, bos_token_id=None),
        )
    for name in ("bart", "t5", "pegasus", "mbart", "mbart50", "nllb"):
        for label, tokenizer_class in (("generic", "PreTrainedTokenizerFast"), ("absent", ...)):
            saver.save(
                name,
                f"{label}_tokenizer",
                change_files=edit("tokenizer_config.json", tokenizer_class=tokenizer_class),
            )
    for name in ("bart", "t5", "nllb", "marian", "pegasus"):
        saver.save(name, "resized", change=resize)
        saver.save(name, "not_resized", change=forget_to_resize, is_broken=True)
    saver.save("t5", "all_tied", is_pickle=True)
    if VERSION == (4, 57):
        saver.save("madlad", "decoder_table", change_files=keep_decoder_table_only)


LAYOUTS: dict[str, Settings] = {
    "slow": {"is_fast": False, "is_pickle": True},
    "fast": {"is_fast": True},
}


def main() -> None:
    """Save the folders of this version."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path, help="a folder; the archive stands beside it")
    parser.add_argument("--earlier", type=Path, help="an earlier version's folder, whose tokenizers are read")
    parser.add_argument("--only", nargs="+", choices=KINDS, help="these kinds, and no variants of them")
    parser.add_argument("--layouts", nargs="+", choices=LAYOUTS, default=list(LAYOUTS))
    arguments = parser.parse_args()
    saver = Saver(arguments.out, arguments.earlier)
    for name in arguments.only or KINDS:
        for layout in arguments.layouts:
            saver.save(name, layout, **LAYOUTS[layout])
    if not arguments.only:
        save_variants(saver)
    saver.archive()


if __name__ == "__main__":
    main()
