"""SeamlessM4T (Seamless Communication 2023), both versions: of its inputs and outputs the text.

Quirks, besides those of M2M100, whose network it has:
- stacks are named `text_encoder` and `text_decoder`, and every network reads and writes speech besides;
- special tokens are numbered from padding, 0; decoding starts from the end token, then the target's language;
- languages are ISO 639-3 codes, with a script where there are two: `__eng__`, `__cmn_Hant__`.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

from crosslate.models.errors import CheckpointError
from crosslate.models.families import bart_like, tokenizers
from crosslate.models.families.config_values import required
from crosslate.models.generation_config import read_json
from crosslate.models.hub_tokenizer import HubTokenizer
from crosslate.models.key_map import KeyMap, Renaming
from crosslate.models.language_tokens import SEAMLESS, LanguageTokens
from crosslate.models.spec import ModelSpec
from crosslate.models.tokenizer import Tokenizer

OF_SPEECH = ("speech_encoder.", "t2u_model.", "vocoder.")
"""What reads speech, makes units of text, and speaks them."""
LANGUAGES = "text_decoder_lang_to_code_id"
"""Of `generation_config.json`: the languages that can be written, and their tokens."""
_VARIANT = dataclasses.replace(bart_like.M2M100, pad_token_id=0, eos_token_id=3)
_LAYER = {
    "encoder_attn.": "cross_attention.",
    "encoder_attn_layer_norm": "cross_attention_layer_norm",
    "fc1": "ffn.fc1",
    "fc2": "ffn.fc2",
    "final_layer_norm": "ffn_layer_norm",
}
"""Beginnings of names in a layer, BART's -> theirs."""


def spec_from_config(family: str, config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    sizes = {"decoder_start_token_id": 3} | config | {"d_model": required(config, "hidden_size")}
    return bart_like.spec_from_config(dataclasses.replace(_VARIANT, family=family), sizes)


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's."""
    return Renaming({ours: _theirs(name) for ours, name in bart_like.names(spec).items()})


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """As M2M100's."""
    found = bart_like.copies(spec)
    return {_theirs(copy): original and _theirs(original) for copy, original in found.items()}


def _theirs(name: str) -> str:
    """What a tensor of BART's layout is called here."""
    name = name.removeprefix(f"{bart_like.ROOT}.")
    stack, dot, rest = name.partition(".layers.*.")
    for theirs, ours in _LAYER.items():
        if rest.startswith(theirs):
            rest = ours + rest.removeprefix(theirs)
            break
    return f"{stack.replace('encoder', 'text_encoder').replace('decoder', 'text_decoder')}{dot}{rest}"


def load_tokenizer(folder: Path) -> Tokenizer:
    """From `tokenizer.json` or the SentencePiece model, with the languages that can be written.

    Raises:
        CheckpointError: files are missing or damaged, or differ in a language's token.
    """
    tokenizer = tokenizers.load_tokenizer(folder, SEAMLESS)
    path = folder / "generation_config.json"
    listed = read_json(path).get(LANGUAGES) if path.is_file() else None
    if listed and isinstance(tokenizer, HubTokenizer):
        written = LanguageTokens(SEAMLESS, {f"__{code}__": token_id for code, token_id in listed.items()})
        _check(written, tokenizer.languages, path)
        tokenizer.languages = written
    return tokenizer


def _check(written: LanguageTokens, known: LanguageTokens | None, path: Path) -> None:
    found = {} if known is None else known.ids
    wrong = [tag for tag, token_id in written.ids.items() if found.get(tag) != token_id]
    if wrong:
        raise CheckpointError(
            f"{path}: {LANGUAGES} gives {', '.join(wrong)} other tokens than the tokenizer has;"
            " are both of one checkpoint?"
        )


SEAMLESS_M4T = partial(spec_from_config, "seamless_m4t")
SEAMLESS_M4T_V2 = partial(spec_from_config, "seamless_m4t_v2")
