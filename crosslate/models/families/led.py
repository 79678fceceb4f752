"""LED (Beltagy et al. 2020): BART whose encoder attends within a window.

Quirks:
- a token sees half of `attention_window` to either side, and the first token;
- the first token sees all, through projections of its own. `transformers` leaves it to the caller which
  tokens are such, and without a `global_attention_mask` there are none; but the published summarizers were
  trained with the first one, and their documentation asks for it. Here it is the default;
  `"num_global_tokens": 0` in the folder's `config.json` gives what `generate` gives without a mask;
- positions have no rows before position 0, and encoder and decoder have tables of unlike length;
- the window needs no padding here, so that results are those of any padding.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families import bart_like
from crosslate.models.families.config_values import required
from crosslate.models.specs.pattern_spec import WindowSpec
from crosslate.models.specs.spec import ModelSpec

ROOT = "led"
VARIANT = bart_like.Variant(
    family="led", norm_position="post", embedding_norm=True, positions="learned", position_offset=0
)
GLOBAL_KINDS: tuple[Literal["none", "first_token"], ...] = ("none", "first_token")
ATTENTION = f"{ROOT}.encoder.layers.*.self_attn"


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    longest_source = required(config, "max_encoder_position_embeddings")
    longest_target = required(config, "max_decoder_position_embeddings")
    as_bart = {**config, "max_position_embeddings": longest_target, "scale_embedding": False}
    spec = bart_like.spec_from_config(VARIANT, as_bart)
    positions = dataclasses.replace(spec.encoder.positions, max_positions=longest_source)
    encoder = dataclasses.replace(spec.encoder, positions=positions, pattern=_window(config))
    return dataclasses.replace(spec, encoder=encoder, max_source_tokens=longest_source)


def _window(config: dict[str, Any]) -> WindowSpec:
    given = config.get("attention_window", 512)
    windows = {given} if isinstance(given, int) else set(given)
    if len(windows) != 1:
        raise CheckpointError(
            f"attention_window differs between layers ({sorted(windows)}), which is not supported"
        )
    num_global_tokens = config.get("num_global_tokens", 1)
    if num_global_tokens not in (0, 1):
        raise CheckpointError(f"num_global_tokens is {num_global_tokens}, supported: 0 and 1")
    return WindowSpec(radius=windows.pop() // 2, seen_by_all=GLOBAL_KINDS[num_global_tokens])


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's: BART's, with another layout of the encoder's attention."""
    names = bart_like.names(spec, root=ROOT)
    for ours, theirs in (
        ("qkv", "longformer_self_attn.{query,key,value}"),
        ("global_q", "longformer_self_attn.query_global"),
        ("global_kv", "longformer_self_attn.{key_global,value_global}"),
        ("out", "output"),
    ):
        names[f"encoder.layers.*.attention.{ours}"] = f"{ATTENTION}.{theirs}"
    return Renaming(names)


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """Tensors beside the key map's: copies of tied ones, projections that nothing uses."""
    assert isinstance(spec.encoder.pattern, WindowSpec)
    known = bart_like.copies(spec, root=ROOT)
    if spec.encoder.pattern.seen_by_all == "none":
        for i in range(spec.encoder.num_layers):
            theirs = f"{ATTENTION}.longformer_self_attn".replace("*", str(i))
            for p in ("query", "key", "value"):
                known |= {f"{theirs}.{p}_global.{kind}": None for kind in ("weight", "bias")}
    return known
