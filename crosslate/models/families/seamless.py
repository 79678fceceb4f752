"""SeamlessM4T (Seamless Communication 2023), both versions: of its inputs and outputs the text.

Quirks, besides those of M2M100, whose network it has:
- stacks are named `text_encoder` and `text_decoder`, and every network reads and writes speech besides;
- special tokens are numbered from padding, 0; decoding starts from the end token, then the target's language.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.families import bart_like
from crosslate.models.families.config_values import required
from crosslate.models.specs.spec import ModelSpec

OF_SPEECH = ("speech_encoder.", "t2u_model.", "vocoder.")
"""What reads speech, makes units of text, and speaks them."""
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


SEAMLESS_M4T = partial(spec_from_config, "seamless_m4t")
SEAMLESS_M4T_V2 = partial(spec_from_config, "seamless_m4t_v2")
