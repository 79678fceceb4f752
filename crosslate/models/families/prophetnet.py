"""ProphetNet (Qi et al. 2020): a decoder that was trained to foretell several tokens at once.

Quirks:
- what comes next is read from a predicting stream, the first of `ngram`; the others are left out
  (`crosslate.models.attention.predicting`), and so are the vectors that they begin with;
- norms come after each sublayer and after the embedding; positions are learned, and counted from the row
  behind the padding token's. The predicting stream reads the row of the next token, so that targets end one
  row earlier.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, MutableMapping
from typing import Any

from torch import Tensor

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families.config_values import activation, eos_token_ids, required, token_id
from crosslate.models.families.tying import OUTPUT
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import NormSpec, PositionSpec, PredictingStreamSpec, StackSpec

FAMILY = ROOT = "prophetnet"
START, END, PADDING = 0, 2, 0
"""Ids where a configuration names none."""
STREAMS = f"{ROOT}.decoder.ngram_embeddings.weight"
FIRST_STREAM = f"{STREAMS}[-1]"
"""What the first predicting stream begins with: the last row, since streams are counted from 0 there."""
ATTENTION = {"qkv": "{query_proj,key_proj,value_proj}", "out": "out_proj"}
CROSS = {"q": "query_proj", "kv": "{key_proj,value_proj}", "out": "out_proj"}
SUBLAYERS = {
    "encoder": {"attention": ("self_attn", ATTENTION)},
    "decoder": {
        "mixer": ("self_attn", ATTENTION | {"relative": "relative_pos_embeddings"}),
        "cross": ("cross_attn", CROSS),
    },
}
"""Ours -> theirs, with their parts."""


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    if config.get("add_cross_attention") is False:
        raise CheckpointError("add_cross_attention is false: this decoder never looks at the source")
    vocab_size, pad = required(config, "vocab_size"), token_id(config, "pad_token_id", PADDING)
    positions = _positions(config, pad)
    ties = config.get("tie_word_embeddings", True)
    decoder = _stack(config, "decoder", positions)
    assert positions.max_positions is not None
    return ModelSpec(
        family=FAMILY,
        width=required(config, "hidden_size"),
        source_vocab_size=vocab_size,
        target_vocab_size=vocab_size,
        encoder=_stack(config, "encoder", positions),
        decoder=dataclasses.replace(decoder, mixer=_streams(config)),
        share_embeddings=ties,
        tie_output=ties,
        decoder_start_token_id=token_id(config, "decoder_start_token_id", START),
        eos_token_ids=eos_token_ids(config, END),
        pad_token_id=pad,
        max_source_tokens=positions.max_positions,
        # An aligned target is read with the start token before it, and one position is ahead of the last.
        max_target_tokens=positions.max_positions - 2,
    )


def _positions(config: dict[str, Any], pad: int) -> PositionSpec:
    most = required(config, "max_position_embeddings")
    if most < pad + 4:
        raise CheckpointError(f"max_position_embeddings {most} leaves no position for a target")
    return PositionSpec(kind="learned", offset=pad + 1, max_positions=most - pad - 1)


def _stack(config: dict[str, Any], side: str, positions: PositionSpec) -> StackSpec:
    width, heads = required(config, "hidden_size"), required(config, f"num_{side}_attention_heads")
    if heads < 1 or width % heads:
        raise CheckpointError(f"hidden_size {width} is no multiple of num_{side}_attention_heads {heads}")
    return StackSpec(
        num_layers=required(config, f"num_{side}_layers"),
        num_heads=heads,
        head_dim=width // heads,
        ffn_dim=required(config, f"{side}_ffn_dim"),
        activation=activation("activation_function", config.get("activation_function", "gelu")),
        norm=NormSpec(position="post"),
        positions=positions,
        embedding_norm=True,
        attention_scale=(width // heads) ** -0.5,
    )


def _streams(config: dict[str, Any]) -> PredictingStreamSpec:
    if (count := required(config, "ngram")) < 1:
        raise CheckpointError(
            f"config.json: ngram is {count}, but the next token is read from the first stream"
        )
    return PredictingStreamSpec(required(config, "num_buckets"), required(config, "relative_max_distance"))


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's, and what `complete` makes."""
    found = {"output": OUTPUT.removesuffix(".weight"), "decoder.predicting.weight": FIRST_STREAM}
    for side in SUBLAYERS:
        theirs = f"{ROOT}.{side}"
        found |= {
            f"{side}.embedding": f"{ROOT if spec.share_embeddings else theirs}.word_embeddings",
            f"{side}.positions": f"{theirs}.position_embeddings",
            f"{side}.embedding_norm": f"{theirs}.embeddings_layer_norm",
        }
        found |= _layers(side, f"{theirs}.layers.*")
    return Renaming(found)


def _layers(side: str, theirs: str) -> dict[str, str]:
    ours = f"{side}.layers.*"
    found = {
        f"{ours}.feed_forward.inner": f"{theirs}.feed_forward.intermediate",
        f"{ours}.feed_forward.outer": f"{theirs}.feed_forward.output",
        f"{ours}.feed_forward_residual.norm": f"{theirs}.feed_forward_layer_norm",
    }
    for name, (block, parts) in SUBLAYERS[side].items():
        found[f"{ours}.{name}_residual.norm"] = f"{theirs}.{block}_layer_norm"
        found |= {f"{ours}.{name}.{part}": f"{theirs}.{block}.{own}" for part, own in parts.items()}
    return found


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """Tensors beside the key map's: copies of tied ones, and a table that nothing reads."""
    shared = f"{ROOT}.word_embeddings.weight"
    tables = [f"{ROOT}.{side}.word_embeddings.weight" for side in SUBLAYERS]
    known: dict[str, str | None] = dict.fromkeys(tables, shared) if spec.share_embeddings else {shared: None}
    if spec.tie_output:
        known[OUTPUT] = shared if spec.share_embeddings else tables[1]
    return known


def complete(
    config: Mapping[str, Any], spec: ModelSpec, tensors: MutableMapping[str, Tensor], origin: str
) -> ModelSpec:
    """Keep the first predicting stream's vector of those of all."""
    if STREAMS not in tensors:
        return spec  # a fault, which is told with all others
    vectors = tensors[STREAMS]
    shape = [config["ngram"], spec.width]
    if list(vectors.shape) != shape:
        raise CheckpointError(
            f"{origin}: {STREAMS} has the shape {list(vectors.shape)}, expected {shape} by config.json"
        )
    tensors[FIRST_STREAM] = vectors[-1]
    del tensors[STREAMS]
    return spec
