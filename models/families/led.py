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

from models.errors import CheckpointError
from models.families import bart_like
from models.families.config_values import eos_token_ids, required, token_id
from models.key_map import KeyMap, Part
from models.spec import ModelSpec, NormSpec, PositionSpec, StackSpec, WindowSpec

ROOT = "led"
GLOBAL_KINDS: tuple[Literal["none", "first_token"], ...] = ("none", "first_token")


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    width, vocab_size = required(config, "d_model"), required(config, "vocab_size")
    longest_source = required(config, "max_encoder_position_embeddings")
    longest_target = required(config, "max_decoder_position_embeddings")
    encoder = dataclasses.replace(_stack(config, "encoder", longest_source), pattern=_window(config))
    ties = config.get("tie_word_embeddings", True)
    return ModelSpec(
        family="led",
        width=width,
        source_vocab_size=vocab_size,
        target_vocab_size=vocab_size,
        encoder=encoder,
        decoder=_stack(config, "decoder", longest_target),
        share_embeddings=ties,
        tie_output=ties,
        output_bias=True,
        decoder_start_token_id=required(config, "decoder_start_token_id"),
        eos_token_ids=eos_token_ids(config, 2),
        pad_token_id=token_id(config, "pad_token_id", 1),
        max_source_tokens=longest_source,
        max_target_tokens=longest_target - 1,  # an aligned target is read with the start token before it
    )


def _stack(config: dict[str, Any], side: Literal["encoder", "decoder"], longest: int) -> StackSpec:
    return bart_like.stack(
        config,
        side,
        norm=NormSpec(position="post"),
        positions=PositionSpec(kind="learned", max_positions=longest),
        default_activation="gelu",
        embedding_norm=True,
        final_norm=False,
    )


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
    assert isinstance(spec.encoder.pattern, WindowSpec)
    keys: dict[str, tuple[Part, ...]] = dict(bart_like.key_map(spec, root=ROOT))
    for i in range(spec.encoder.num_layers):
        ours, theirs = f"encoder.layers.{i}.attention", f"{ROOT}.encoder.layers.{i}.self_attn"
        keys |= bart_like.parameters(f"{ours}.out", f"{theirs}.output")
        theirs += ".longformer_self_attn"
        for kind in ("weight", "bias"):
            keys[f"{ours}.qkv.{kind}"] = tuple(f"{theirs}.{p}.{kind}" for p in ("query", "key", "value"))
            if spec.encoder.pattern.seen_by_all == "first_token":
                keys[f"{ours}.global_q.{kind}"] = (f"{theirs}.query_global.{kind}",)
                keys[f"{ours}.global_kv.{kind}"] = tuple(
                    f"{theirs}.{p}_global.{kind}" for p in ("key", "value")
                )
    return keys


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """Tensors beside the key map's: copies of tied ones, projections that nothing uses."""
    assert isinstance(spec.encoder.pattern, WindowSpec)
    known = bart_like.copies(spec, root=ROOT)
    if spec.encoder.pattern.seen_by_all == "none":
        for i in range(spec.encoder.num_layers):
            theirs = f"{ROOT}.encoder.layers.{i}.self_attn.longformer_self_attn"
            for p in ("query", "key", "value"):
                known |= {f"{theirs}.{p}_global.{kind}": None for kind in ("weight", "bias")}
    return known
