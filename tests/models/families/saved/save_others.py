"""Saves tiny FSMT, MVP and SeamlessM4T with the `transformers` that is installed beside it.

As `save.py`, which it takes vocabularies and archives from. FSMT's codes are learned by `subword-nmt`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers as installed

from tests.models.families.saved.save import (
    BART_SIZES,
    MAX_NEW_TOKENS,
    NUM_BEAMS,
    TEXTS,
    VERSION,
    Saver,
    Settings,
    as_fast,
    byte_level,
    slow,
    train_pieces,
    vary,
)
from tests.models.fsmt_files import save_fsmt_tokenizer, vocabulary_sizes

transformers: Any = installed
"""Of any version: what its names are is not known."""

LANGUAGES = ("eng", "por", "cmn_Hant")
"""Of SeamlessM4T."""
SPEECH_SIZES: Settings = {
    "t2u_vocab_size": 20,
    "speech_encoder_layers": 1,
    "speech_encoder_attention_heads": 2,
    "speech_encoder_intermediate_size": 8,
    **{f"t2u_{side}_layers": 1 for side in ("encoder", "decoder")},
    **{f"t2u_{side}_ffn_dim": 8 for side in ("encoder", "decoder")},
    **{f"t2u_{side}_attention_heads": 2 for side in ("encoder", "decoder")},
    "upsample_initial_channel": 32,
    "unit_hifi_gan_vocab_size": 20,
    "unit_embed_dim": 8,
    "lang_embed_dim": 4,
    "spkr_embed_dim": 4,
}
SEAMLESS_SIZES: Settings = {
    "hidden_size": 16,
    **{name: size for name, size in BART_SIZES.items() if not name.endswith("_id") and name != "d_model"},
    "initializer_range": 0.2,
    **SPEECH_SIZES,
}


def fsmt_codes(folder: Path) -> Any:
    """Two vocabularies and the codes of both languages."""
    save_fsmt_tokenizer(folder)
    return transformers.FSMTTokenizer.from_pretrained(str(folder))


def seamless_pieces(folder: Path) -> Any:
    """Languages behind the pieces of a model of byte pairs."""
    train_pieces(folder / "sentencepiece.bpe.model", model_type="bpe")
    tokens = [f"__{code}__" for code in LANGUAGES]
    settings = {"src_lang": "eng", "tgt_lang": "por", "additional_special_tokens": tokens}
    return slow("SeamlessM4TTokenizer", folder, **settings)


def fsmt_sizes(folder: Path) -> Settings:
    """Each language's vocabulary has a size of its own."""
    sizes = {name: size for name, size in BART_SIZES.items() if name != "vocab_size"}
    return sizes | vocabulary_sizes(folder) | {"langs": ["en", "de"]}


@dataclass(frozen=True)
class Kind:
    """A kind of checkpoint: its vocabulary, the class that is saved, and the one that writes text."""

    tokenizer: Callable[[Path], Any]
    family: str
    settings: Settings = field(default_factory=dict)
    saved: str = "ForConditionalGeneration"
    written_by: str = "ForConditionalGeneration"
    languages: tuple[str, str] | None = None
    since: tuple[int, int] = (4, 30)


MVP = Kind(lambda folder: byte_level(folder, "MvpTokenizer"), "Mvp", BART_SIZES)
PROMPTS: Settings = {"use_prompt": True, "prompt_length": 3, "prompt_mid_dim": 12}
SEAMLESS = Kind(
    seamless_pieces,
    "SeamlessM4T",
    SEAMLESS_SIZES,
    "Model",
    "ForTextToText",
    languages=("en", "pt"),
    since=(4, 35),
)
KINDS = {
    "fsmt": Kind(fsmt_codes, "FSMT", languages=("en", "de")),
    "mvp": MVP,
    "mvp_prompts": Kind(MVP.tokenizer, "Mvp", BART_SIZES | PROMPTS),
    "seamless_m4t": SEAMLESS,
    "seamless_m4t_v2": Kind(
        seamless_pieces,
        "SeamlessM4Tv2",
        SEAMLESS_SIZES | {"t2u_variance_predictor_embed_dim": 4, "t2u_variance_predictor_hidden_dim": 4},
        "ForTextToText",
        "ForTextToText",
        languages=("en", "pt"),
        since=(4, 37),
    ),
}


def search_settings(kind: Kind, tokenizer: Any, ids: Settings) -> Any:
    """What `generation_config.json` has, beside the ids of special tokens."""
    search: Settings = {name: value for name, value in ids.items() if name.endswith("_id")}
    # Without beams no version saves a length penalty.
    search |= {"no_repeat_ngram_size": 2, "max_new_tokens": MAX_NEW_TOKENS, "num_beams": NUM_BEAMS}
    if VERSION < (4, 40):
        search["length_penalty"] = 0.0  # lengths were counted with the start token then
    if kind.family == "FSMT":
        search["bad_words_ids"] = [[tokenizer.pad_token_id]]  # which a trained one does not write
    if kind.family.startswith("Seamless"):
        codes = {code: tokenizer.convert_tokens_to_ids(f"__{code}__") for code in LANGUAGES}
        search["text_decoder_lang_to_code_id"] = codes
    return transformers.GenerationConfig(**search)


def network(kind: Kind, folder: Path, tokenizer: Any) -> Any:
    """A random network for the tokenizer that lies in a folder."""
    settings = fsmt_sizes(folder) if kind.family == "FSMT" else kind.settings | {"vocab_size": len(tokenizer)}
    torch.manual_seed(0)
    made = getattr(transformers, f"{kind.family}{kind.saved}")(
        getattr(transformers, f"{kind.family}Config")(**settings)
    ).eval()
    vary(made, is_untied=False)
    made.generation_config = search_settings(kind, tokenizer, made.generation_config.to_dict())
    return made.half()


def expect(folder: Path, kind: Kind, tokenizer: Any) -> None:
    """Write what this version makes of the folder."""
    precision = {"dtype": torch.float32} if VERSION >= (4, 56) else {"torch_dtype": torch.float32}
    model_class = getattr(transformers, f"{kind.family}{kind.written_by}")
    model = model_class.from_pretrained(str(folder), **precision).eval()
    settings: Settings = {"use_cache": kind.family != "FSMT"}  # 4.57's own writes other tokens with its cache
    if kind.family.startswith("Seamless"):  # by `tgt_lang` it would be a prompt, which no length counts
        settings["forced_bos_token_id"] = tokenizer.convert_tokens_to_ids("__por__")
    found: dict[str, list[list[int]]] = {"sources": [], "greedy": [], "beam": []}
    for text in TEXTS:
        ids = tokenizer(text, return_tensors="pt").input_ids
        found["sources"].append(ids[0].tolist())
        for name, num_beams in (("greedy", 1), ("beam", NUM_BEAMS)):
            with torch.inference_mode():
                mask = torch.ones_like(ids)
                output = model.generate(ids, attention_mask=mask, num_beams=num_beams, **settings)
            found[name].append(output[0].tolist()[1:])
    decoded = tokenizer.batch_decode(found["beam"], skip_special_tokens=True)
    told = {"transformers": transformers.__version__, "languages": kind.languages, "texts": TEXTS}
    content = json.dumps(told | {"decoded": decoded} | found, ensure_ascii=False)
    (folder / "expected.json").write_text(content)


def save(saver: Saver, name: str, kind: Kind, *, is_fast: bool) -> None:
    """One folder; slow tokenizers go with pickles, where the version still writes them."""
    vocabulary = saver.vocabularies / name
    vocabulary.mkdir(parents=True, exist_ok=True)
    if saver.earlier is None:
        tokenizer = kind.tokenizer(vocabulary)
        tokenizer = as_fast(tokenizer, vocabulary) if is_fast else tokenizer
    else:
        vocabulary = saver.earlier / f"{name}-slow"
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(vocabulary))
    folder = saver.out / f"{name}-{'fast' if is_fast else 'slow'}"
    settings: Settings = {"safe_serialization": is_fast} if VERSION < (5, 0) else {}
    network(kind, vocabulary, tokenizer).save_pretrained(str(folder), **settings)
    tokenizer.save_pretrained(str(folder))
    expect(folder, kind, tokenizer)


def main() -> None:
    """Save the folders of this version."""
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path, help="a folder; the archive stands beside it")
    parser.add_argument("--earlier", type=Path, help="an earlier version's folder, whose tokenizers are read")
    parser.add_argument("--layouts", nargs="+", choices=("slow", "fast"), default=["slow", "fast"])
    arguments = parser.parse_args()
    saver = Saver(arguments.out, arguments.earlier)
    for name, kind in KINDS.items():
        if kind.since <= VERSION:
            for layout in arguments.layouts:
                save(saver, name, kind, is_fast=layout == "fast")
    saver.archive()


if __name__ == "__main__":
    main()
