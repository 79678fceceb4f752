"""Encoder-decoder transformers that CTranslate2's converters have written, from whatever trained them.

A file says all of its network: in numbers of its own, and by which tensors it has.

Quirks:
- positions are a table, of sinusoids or learned; without one they are sinusoids that begin with that of 1;
- what came from Marian begins to decode from a zero vector, and lacks the padding token;
- norms add 1e-5 to what they divide by, those without a shift 1e-6, unless `config.json` says otherwise.

Reference: `python/ctranslate2/specs/transformer_spec.py` and `src/layers/transformer.cc` of CTranslate2 4.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.checkpoints.ctranslate2_binary import CTranslate2File
from crosslate.models.checkpoints.key_map import KeyMap, Part, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families.alignment_priors import shift_att
from crosslate.models.families.parts import TokenIds
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import Activation, NormSpec, PositionSpec, StackSpec

FAMILY = "ctranslate2"
KIND = "TransformerSpec"
ACTIVATIONS: tuple[Activation, ...] = ("relu", "gelu_new", "silu", "gelu")
"""By the number that a file has for them; others are not built here."""
TRAINED_LENGTH = 512
"""The longest source, where no table of positions ends before."""
MAX_TARGET_TOKENS = 1024
READ = frozenset(
    {
        "num_heads",
        "pre_norm",
        "activation",
        "scale_embeddings",
        "multiply_by_sqrt_depth",
        "queries_scale",
        "relative_attention_max_distance",
        "alignment_layer",
        "alignment_heads",
        "start_from_zero_embedding",
        "scale_outputs",
        "final_logit_softcapping",
    }
)
NAMES = {
    "decoder.embedding": "decoder.embeddings",
    "output": "decoder.projection",
    "encoder.attention_bias.relative.weight": "encoder.layer_0.self_attention.relative_attention_bias",
    "decoder.relative_bias.weight": "decoder.layer_0.self_attention.relative_attention_bias",
}
SIDE = {
    "positions.weight": "position_encodings.encodings",
    "embedding_norm": "layernorm_embedding",
    "final_norm": "layer_norm",
}
LAYERS = {
    "encoder": {
        "attention.qkv": "self_attention.linear_0",
        "attention.out": "self_attention.linear_1",
        "attention_residual.norm": "self_attention.layer_norm",
    },
    "decoder": {
        "mixer.qkv": "self_attention.linear_0",
        "mixer.out": "self_attention.linear_1",
        "mixer_residual.norm": "self_attention.layer_norm",
        "cross.q": "attention.linear_0",
        "cross.kv": "attention.linear_1",
        "cross.out": "attention.linear_2",
        "cross_residual.norm": "attention.layer_norm",
    },
}
"""Modules of a layer, ours -> theirs."""
_LAYER = re.compile(r"(encoder|decoder)\.layer_(\d+)\.")


def spec_from_file(file: CTranslate2File, config: Mapping[str, Any], ids: TokenIds) -> ModelSpec:
    """What a file describes; `CheckpointError` names what of it is missing or not supported."""
    if file.kind != KIND:
        raise CheckpointError(f"this is a model of CTranslate2's kind {file.kind}, supported: {KIND}")
    if faults := sorted(_unsupported(file)):
        raise CheckpointError("this CTranslate2 network is not supported: it has " + ", ".join(faults))
    width = _shape(file, "decoder.embeddings.weight")[1]
    scales = {side: _embedding_scale(file, side, width) for side in ("encoder", "decoder")}
    encoder, decoder = (_stack(file, config, side, width) for side in ("encoder", "decoder"))
    longest = _longest(encoder, decoder)
    return ModelSpec(
        family=FAMILY,
        width=width,
        source_vocab_size=ids.source_size,
        target_vocab_size=ids.target_size,
        encoder=encoder,
        decoder=decoder,
        embedding_scale=scales["decoder"],
        source_embedding_scale=scales["encoder"],
        output_scale=file.number("decoder.scale_outputs", 1.0),
        score_cap=file.number("decoder.final_logit_softcapping", 0.0) or None,
        share_embeddings=_is_one(file, _source_embedding(file), "decoder.embeddings.weight"),
        tie_output=_is_one(file, "decoder.projection.weight", "decoder.embeddings.weight"),
        output_bias=file.has("decoder.projection.bias"),
        decoder_start_token_id=None if starts_from_zero(file) else ids.start,
        eos_token_ids=(ids.end,),
        pad_token_id=ids.pad,
        max_source_tokens=min(longest, TRAINED_LENGTH),
        # An aligned target is read with the start token before it.
        max_target_tokens=min(longest - 1, MAX_TARGET_TOKENS),
    )


def starts_from_zero(file: CTranslate2File) -> bool:
    """Whether decoding begins from a zero vector: Marian trained the network."""
    return bool(file.number("decoder.start_from_zero_embedding", 0))


def key_map(file: CTranslate2File, spec: ModelSpec) -> KeyMap:
    """Our names -> those of a file, where several stand for one tensor that of the tensor."""
    names = {**NAMES, "encoder.embedding.weight": _source_embedding(file)}
    for side, layer in LAYERS.items():
        stack = spec.encoder if side == "encoder" else spec.decoder
        inner = "{linear_0,linear_0_noact}" if stack.gated_ffn else "linear_0"
        names |= {f"{side}.{ours}": f"{side}.{theirs}" for ours, theirs in SIDE.items()}
        names |= {
            f"{side}.layers.*.{ours}": f"{side}.layer_*.{theirs}"
            for ours, theirs in {
                **layer,
                "feed_forward.inner": f"ffn.{inner}",
                "feed_forward.outer": "ffn.linear_1",
                "feed_forward_residual.norm": "ffn.layer_norm",
            }.items()
        }
    renamed = Renaming(names)

    def parts(name: str) -> tuple[Part, ...]:
        return tuple(file.name(part) for part in renamed(name))

    return parts


def alignment_prior(file: CTranslate2File, spec: ModelSpec) -> AlignmentConfig:
    """Where guided alignment was trained into it, else as in other transformers."""
    layer = int(file.number("decoder.alignment_layer", -1))
    if layer < 0:
        return shift_att(spec)
    heads = tuple(range(int(file.number("decoder.alignment_heads", 1))))
    return AlignmentConfig(layer=layer, heads=heads, row="output")


def _unsupported(file: CTranslate2File) -> Iterator[str]:
    for name, number in file.numbers.items():
        setting = name.rpartition(".")[2]
        if setting not in READ and number:
            yield f"{setting} {number:g}"
    for side in LAYERS:
        if int(file.number(f"{side}.activation", 0)) not in range(len(ACTIVATIONS)):
            yield f"activation {file.number(f'{side}.activation', 0):g}"
    if file.has("encoder.embeddings_1.weight"):
        yield "several source embeddings"
    if file.has("encoder.layer_0.self_attention.relative_position_keys"):
        yield "relative_position_keys"


def _shape(file: CTranslate2File, name: str) -> tuple[int, ...]:
    """A matrix's; `CheckpointError` where there is none."""
    found = file.name(name)
    shape = file.tensors.shape(found) if found in file.tensors else ()
    if len(shape) != 2:
        raise CheckpointError(f"this CTranslate2 network has no matrix {name}: is the file whole?")
    return shape


def _source_embedding(file: CTranslate2File) -> str:
    # Before there could be several it had no number.
    names = ("encoder.embeddings_0.weight", "encoder.embeddings.weight")
    return next((name for name in names if file.has(name)), names[0])


def _is_one(file: CTranslate2File, name: str, other: str) -> bool:
    return file.name(name) == file.name(other)


def _embedding_scale(file: CTranslate2File, side: str, width: int) -> float:
    """A flag, or since version 3 the factor itself; the flag means the width's root."""
    older = file.number(f"{side}.embeddings.multiply_by_sqrt_depth", 1)
    found = file.number(f"{side}.scale_embeddings", older)
    if isinstance(found, float):
        return found
    return math.sqrt(width) if found else 1.0


def _stack(file: CTranslate2File, config: Mapping[str, Any], side: str, width: int) -> StackSpec:
    first = f"{side}.layer_0"
    attention = f"{first}.self_attention"
    heads = int(file.number(f"{side}.num_heads", 8))
    inner = _shape(file, f"{attention}.linear_0.weight")[0]
    if heads < 1 or inner % (3 * heads):
        raise CheckpointError(
            f"this CTranslate2 network has {heads} heads in {inner} queries, keys and values"
        )
    head_dim = inner // (3 * heads)
    is_centered = file.has(f"{first}.ffn.layer_norm.bias")
    eps = config.get("layer_norm_epsilon")
    return StackSpec(
        num_layers=_num_layers(file, side),
        num_heads=heads,
        head_dim=head_dim,
        ffn_dim=_shape(file, f"{first}.ffn.linear_0.weight")[0],
        activation=ACTIVATIONS[int(file.number(f"{side}.activation", 0))],
        gated_ffn=file.has(f"{first}.ffn.linear_0_noact.weight"),
        norm=NormSpec(
            kind="layer" if is_centered else "rms",
            eps=eps if isinstance(eps, float) else 1e-5 if is_centered else 1e-6,
            position="pre" if file.number(f"{side}.pre_norm", 1) else "post",
        ),
        positions=_positions(file, side),
        embedding_norm=file.has(f"{side}.layernorm_embedding.weight"),
        final_norm=file.has(f"{side}.layer_norm.weight"),
        attention_bias=file.has(f"{attention}.linear_0.bias"),
        attention_output_bias=file.has(f"{attention}.linear_1.bias"),
        ffn_bias=file.has(f"{first}.ffn.linear_0.bias"),
        attention_scale=file.number(f"{attention}.queries_scale", head_dim**-0.5),
    )


def _num_layers(file: CTranslate2File, side: str) -> int:
    found = (_LAYER.match(name) for name in (*file.tensors, *file.aliases))
    return 1 + max((int(layer[2]) for layer in found if layer and layer[1] == side), default=-1)


def _positions(file: CTranslate2File, side: str) -> PositionSpec:
    attention = f"{side}.layer_{{}}.self_attention."
    bias = attention + "relative_attention_bias"
    if file.has(bias.format(0)):
        is_shared = not file.has(bias.format(1)) or _is_one(file, bias.format(0), bias.format(1))
        if not is_shared:
            raise CheckpointError(
                "this CTranslate2 network is not supported: each layer has its relative bias"
            )
        return PositionSpec(
            kind="relative_bias",
            num_buckets=_shape(file, bias.format(0))[0],
            max_distance=int(file.number(attention.format(0) + "relative_attention_max_distance", 128)),
        )
    table = f"{side}.position_encodings.encodings"
    if file.has(table):
        return PositionSpec(kind="learned", max_positions=_shape(file, table)[0])
    return PositionSpec(kind="sinusoid", sinusoid_step="tensor2tensor", offset=1)


def _longest(*stacks: StackSpec) -> int:
    """How many tokens have a position."""
    ends = [stack.positions.max_positions for stack in stacks]
    return min(end if end is not None else MAX_TARGET_TOKENS + 1 for end in ends)
