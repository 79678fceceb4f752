"""OpenNMT-py's transformers (`decoder_type: transformer`), as its version 3 saves them.

Quirks:
- sources have no end token;
- norms come first, and once more after the last layer;
- sinusoids have sines and cosines by turns, unless `position_encoding_type` says otherwise.

Its guided alignment (`lambda_align`) cannot be trained with the subwords that are read here.

Reference: `encoders/transformer.py`, `decoders/transformer.py`, `modules/multi_headed_attn.py` and
`modules/position_ffn.py` of OpenNMT-py 3.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families.marian_options import is_size, unsupported_values
from crosslate.models.families.opennmt_py import EMBEDDING, SAME, size, size_faults
from crosslate.models.families.parts import TokenIds
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import Activation, NormSpec, PositionSpec, StackSpec

MAX_SOURCE_TOKENS = 512
MAX_PIECE_TOKENS = 96
"""Trained on sentences of up to 100 or 200 tokens, they lose the thread beyond."""
MAX_TARGET_TOKENS = 1024
ACTIVATIONS: dict[str, tuple[Activation, bool]] = {
    "relu": ("relu", False),
    "gelu": ("gelu", False),
    "silu": ("silu", True),
    "gated-gelu": ("gelu", True),
}
"""What stands between the products of a feed-forward, and whether a third one gates it."""
POSITIONS: dict[str, Literal["interleaved", "tensor2tensor"]] = {
    "SinusoidalInterleaved": "interleaved",
    "SinusoidalConcat": "tensor2tensor",
}
NORMS: dict[str, Literal["layer", "rms"]] = {"standard": "layer", "rms": "rms"}
REQUIRED: dict[str, tuple[Any, ...]] = {
    "model_task": ("seq2seq",),
    "model_type": ("text",),
    "encoder_type": ("transformer",),
    "decoder_type": ("transformer",),
    "position_encoding": (True,),
    "position_encoding_type": tuple(POSITIONS),
    "max_relative_positions": (0,),
    "relative_positions_buckets": (0,),
    "self_attn_type": ("scaled-dot", "scaled-dot-flash"),
    "pos_ffn_activation_fn": tuple(ACTIVATIONS),
    "layer_norm": tuple(NORMS),
    "num_kv": (0,),
    "num_experts": (0,),
    "sliding_window": (0,),
    "parallel_residual": (False,),
    "copy_attn": (False,),
    "n_src_feats": (0,),
    "generator_function": ("softmax",),
    "hard_attention": (False,),
    "local_attention": (None,),
}
"""Options whose other values mean a network that is not built here; an absent one has the first value."""
SIZES = ("heads", "transformer_ff")
ATTENTION = {"qkv": "{linear_query,linear_keys,linear_values}", "out": "final_linear"}
LAYERS = {
    "encoder": {
        **{f"attention.{ours}": f"self_attn.{theirs}" for ours, theirs in ATTENTION.items()},
        "attention_residual.norm": "layer_norm",
    },
    "decoder": {
        **{f"mixer.{ours}": f"self_attn.{theirs}" for ours, theirs in ATTENTION.items()},
        "mixer_residual.norm": "layer_norm_1",
        "cross.q": "context_attn.linear_query",
        "cross.kv": "context_attn.{linear_keys,linear_values}",
        "cross.out": "context_attn.final_linear",
        "cross_residual.norm": "layer_norm_2",
    },
}
"""Modules of a layer, ours -> theirs: query, key and value are one product here."""
STACKS = {"encoder": "encoder.transformer", "decoder": "decoder.transformer_layers"}


def spec_from_options(options: Mapping[str, Any], ids: TokenIds) -> ModelSpec:
    """Translate a checkpoint's `opt`; `CheckpointError` names every option that is not supported."""
    known = dict(options)
    if faults := [*unsupported_values(known, REQUIRED), *size_faults(known), *_faults(known)]:
        raise CheckpointError("this OpenNMT-py network is not supported: " + "; ".join(faults))
    width = size(known, *SAME[1])
    stack = _stack(known, width)
    return ModelSpec(
        family="opennmt-py",
        width=width,
        source_vocab_size=ids.source_size,
        target_vocab_size=ids.target_size,
        encoder=stack,
        decoder=stack,
        embedding_scale=math.sqrt(width),
        share_embeddings=bool(known.get("share_embeddings")),
        tie_output=bool(known.get("share_decoder_embeddings")),
        output_bias=True,
        decoder_start_token_id=ids.start,
        eos_token_ids=(ids.end,),
        pad_token_id=ids.pad,
        max_source_tokens=MAX_SOURCE_TOKENS,
        max_piece_tokens=MAX_PIECE_TOKENS,
        max_target_tokens=MAX_TARGET_TOKENS,
    )


def _faults(options: Mapping[str, Any]) -> Iterator[str]:
    for name in SIZES:
        if not is_size(options.get(name)):
            yield f"{name} is {options.get(name)!r}, expected a number from 1"
    widths = [options.get(both) if is_size(options.get(both)) else options.get(own) for own, _, both in SAME]
    _, width, embedded = widths
    if width != embedded:
        yield f"word_vec_size is {embedded!r} and hidden_size {width!r}, expected the same"
    heads = options.get("heads")
    if isinstance(width, int) and isinstance(heads, int) and heads > 0 and width % (2 * heads):
        yield f"hidden_size is {width} with {heads} heads, expected a multiple of twice their number"


def _stack(options: Mapping[str, Any], width: int) -> StackSpec:
    """Encoder and decoder, which are alike."""
    heads, act = options["heads"], options.get("pos_ffn_activation_fn", "relu")
    kind = POSITIONS[options.get("position_encoding_type", "SinusoidalInterleaved")]
    has_biases = bool(options.get("add_qkvbias"))
    return StackSpec(
        num_layers=size(options, *SAME[0]),
        num_heads=heads,
        head_dim=width // heads,
        ffn_dim=options["transformer_ff"],
        activation=ACTIVATIONS[act][0],
        gated_ffn=ACTIVATIONS[act][1],
        norm=NormSpec(
            kind=NORMS[options.get("layer_norm", "standard")],
            eps=options.get("norm_eps", 1e-6),
            position="pre",
        ),
        positions=PositionSpec(kind="sinusoid", sinusoid_step=kind),
        final_norm=True,
        attention_bias=has_biases,
        attention_output_bias=has_biases,
        ffn_bias=bool(options.get("add_ffnbias", True)),
        attention_scale=(width // heads) ** -0.5,
    )


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> those of a checkpoint."""
    names = {"output": "generator"}
    inner = "{w_1,w_3}" if spec.encoder.gated_ffn else "w_1"
    for side, layers in LAYERS.items():
        theirs = f"{STACKS[side]}.*"
        names |= {
            f"{side}.embedding.weight": f"{side}.{EMBEDDING}",
            f"{side}.final_norm": f"{side}.layer_norm",
            f"{side}.layers.*.feed_forward.inner": f"{theirs}.feed_forward.{inner}",
            f"{side}.layers.*.feed_forward.outer": f"{theirs}.feed_forward.w_2",
            f"{side}.layers.*.feed_forward_residual.norm": f"{theirs}.feed_forward.layer_norm",
        }
        names |= {f"{side}.layers.*.{ours}": f"{theirs}.{name}" for ours, name in layers.items()}
    return Renaming(names)


def unread(spec: ModelSpec) -> dict[str, str | None]:
    """Sinusoids that a checkpoint holds, and that are computed here."""
    return {f"{side}.embeddings.make_embedding.pe.pe": None for side in LAYERS}
