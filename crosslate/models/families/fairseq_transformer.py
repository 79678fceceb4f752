"""fairseq's transformers (`--arch transformer`, `transformer_align` and those named after the former).

The layout is BART's, which fairseq's is the origin of. Quirks:
- encoder and decoder may differ in where norms stand, in heads and in how positions are known;
- positions count from behind the padding token's id, sinusoids as tensor2tensor has them;
- nothing has an output bias; with `transformer_align` some heads of a layer were trained to be the alignment;
- files of older versions have other names, and some no norm after the last layer.

Reference: `fairseq/models/transformer` of fairseq 0.12.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from torch import Tensor

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families.alignment_priors import shift_att
from crosslate.models.families.bart_like import LAYER
from crosslate.models.families.fairseq_lstm import ties_output
from crosslate.models.families.marian_options import is_size, unsupported_values
from crosslate.models.families.parts import TokenIds
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import Activation, NormSpec, PositionSpec, StackSpec

NAME = "transformer"
ALIGNED = ("transformer_align", "transformer_wmt_en_de_big_align")
OTHERS = (
    "transformer_lm",
    "transformer_from",
    "transformer_ulm",
    "transformer_modular",
    "transformer_monotonic",
)
"""What the names of architectures begin with that are none of these."""
SIDES = ("encoder", "decoder")
LENGTHS = {"encoder": "max_source_positions", "decoder": "max_target_positions"}
DEFAULTS = {"embed_dim": 512, "ffn_embed_dim": 2048, "layers": 6, "attention_heads": 8}
MAX_POSITIONS = 1024
ACTIVATIONS: dict[str, Activation] = {
    "relu": "relu",
    "gelu": "gelu",
    "gelu_accurate": "gelu_new",
    "gelu_fast": "gelu_new",
    "swish": "silu",
}
NO: tuple[Any, ...] = (None, False, 0)
REQUIRED: dict[str, tuple[Any, ...]] = {
    "adaptive_input": NO,
    "adaptive_softmax_cutoff": NO,
    "char_inputs": NO,
    "base_layers": NO,
    "cross_self_attention": NO,
    "no_cross_attention": NO,
    "merge_src_tgt_embed": NO,
    "encoder_layers_to_keep": NO,
    "decoder_layers_to_keep": NO,
    "scale_attn": NO,
    "scale_fc": NO,
    "scale_heads": NO,
    "scale_resids": NO,
    "encoder_xformers_att_config": NO,
    "decoder_xformers_att_config": NO,
    "activation_fn": tuple(ACTIVATIONS),
}
"""Options whose other values mean a network that is not built here; an absent one has the first value."""
SOURCE, TARGET = "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"
PROJECTION = "decoder.output_projection.weight"
FIRST_WITH_FINAL_NORM = {"encoder": 2, "decoder": 3}
"""`version` of a side; one that has none is the first."""
OLDER_NORMS = {
    "encoder": ("self_attn_layer_norm", "final_layer_norm"),
    "decoder": ("self_attn_layer_norm", "encoder_attn_layer_norm", "final_layer_norm"),
}
"""What `layer_norms.0` and so on were."""


def is_named(arch: object) -> bool:
    """Whether an architecture is one of these."""
    return isinstance(arch, str) and arch.split("_")[0] == NAME and not arch.startswith(OTHERS)


def spec_from_options(options: Mapping[str, Any], ids: TokenIds, *, normed: frozenset[str]) -> ModelSpec:
    """Translate a checkpoint's model options; `CheckpointError` names every one that is not supported.

    `normed` are sides whose layers a norm may follow, see `final_norms`.
    """
    known = _flat(options)
    if faults := [*unsupported_values(known, REQUIRED), *_size_faults(known)]:
        raise CheckpointError("this fairseq network is not supported: " + "; ".join(faults))
    width = _size(known, "encoder", "embed_dim")
    longest = {side: known.get(name, MAX_POSITIONS) for side, name in LENGTHS.items()}
    encoder, decoder = (
        _stack(known, side, width, longest[side], ids.pad, may_end_in_norm=side in normed) for side in SIDES
    )
    return ModelSpec(
        family="fairseq-transformer",
        width=width,
        source_vocab_size=ids.source_size,
        target_vocab_size=ids.target_size,
        encoder=encoder,
        decoder=decoder,
        embedding_scale=1.0 if known.get("no_scale_embedding") else math.sqrt(width),
        share_embeddings=bool(known.get("share_all_embeddings")),
        tie_output=ties_output(known),
        decoder_start_token_id=ids.start,
        eos_token_ids=(ids.end,),
        pad_token_id=ids.pad,
        max_source_tokens=longest["encoder"],
        # An aligned target is read with the start token before it, and a learned table ends.
        max_target_tokens=longest["decoder"] - 1,
    )


def _flat(options: Mapping[str, Any]) -> dict[str, Any]:
    """With the options of sides that stand in groups of their own, as fairseq-hydra-train writes them."""
    known = dict(options)
    for side in SIDES:
        group = known.pop(side, None)
        if isinstance(group, dict):
            known |= {f"{side}_{name}": value for name, value in group.items()}
    return known


def _size(options: Mapping[str, Any], side: str, name: str) -> int:
    default = DEFAULTS[name]
    if side == "decoder" and name in {"embed_dim", "ffn_embed_dim"}:
        default = _size(options, "encoder", name)
    size: int = options.get(f"{side}_{name}", default)
    return size


def _size_faults(options: Mapping[str, Any]) -> Iterator[str]:
    sizes = {f"{side}_{name}": _size(options, side, name) for side in SIDES for name in DEFAULTS}
    sizes |= {name: options.get(name, MAX_POSITIONS) for name in LENGTHS.values()}
    if wrong := {name: size for name, size in sizes.items() if not is_size(size)}:
        yield from (f"{name} is {size!r}, expected a number from 1" for name, size in wrong.items())
        return
    width = sizes["encoder_embed_dim"]
    for name in ("decoder_embed_dim", "decoder_input_dim", "decoder_output_dim"):
        if isinstance(other := options.get(name, width), int) and other != width:
            yield f"{name} is {other!r} and encoder_embed_dim {width!r}, expected the same"
    for side in SIDES:
        if width % (heads := sizes[f"{side}_attention_heads"]):
            yield f"{side}_attention_heads is {heads}, expected a number that divides the width, {width}"


def _stack(
    options: Mapping[str, Any], side: str, width: int, longest: int, pad: int, *, may_end_in_norm: bool
) -> StackSpec:
    heads = _size(options, side, "attention_heads")
    is_pre = bool(options.get(f"{side}_normalize_before"))
    leaves_out = side == "decoder" and bool(options.get("no_decoder_final_norm"))
    return StackSpec(
        num_layers=_size(options, side, "layers"),
        num_heads=heads,
        head_dim=width // heads,
        ffn_dim=_size(options, side, "ffn_embed_dim"),
        activation=ACTIVATIONS[options.get("activation_fn", "relu")],
        norm=NormSpec(position="pre" if is_pre else "post"),
        positions=_positions(options, side, longest, pad),
        embedding_norm=bool(options.get("layernorm_embedding")),
        final_norm=is_pre and may_end_in_norm and not leaves_out,
        attention_scale=(width // heads) ** -0.5,
    )


def _positions(options: Mapping[str, Any], side: str, longest: int, pad: int) -> PositionSpec:
    if options.get("no_token_positional_embeddings"):
        return PositionSpec(kind="none")
    if options.get(f"{side}_learned_pos"):
        return PositionSpec(kind="learned", offset=pad + 1, max_positions=longest)
    return PositionSpec(kind="sinusoid", sinusoid_step="tensor2tensor", offset=pad + 1)


def alignment(options: Mapping[str, Any], spec: ModelSpec) -> AlignmentConfig:
    """The heads that were trained to be it, where there are such; else the prior.

    With `full_context_alignment` they were trained to look back from the whole target, which is not known
    while it is written.
    """
    layer, heads = options.get("alignment_layer"), options.get("alignment_heads")
    is_trained = options.get("arch", options.get("_name")) in ALIGNED
    if not is_trained or not isinstance(layer, int) or options.get("full_context_alignment"):
        return shift_att(spec)
    num_layers, num_heads = spec.decoder.num_layers, spec.decoder.num_heads
    if not -num_layers <= layer < num_layers:
        raise CheckpointError(f"alignment_layer is {layer}: the decoder has {num_layers}, counted from 0")
    wanted = min(heads, num_heads) if isinstance(heads, int) and heads > 0 else num_heads
    return AlignmentConfig(layer=layer % num_layers, heads=tuple(range(wanted)), row="output")


def name_anew(tensors: MutableMapping[str, Tensor]) -> frozenset[str]:
    """Give tensors of older versions their names of today; returns sides whose layers a norm may follow."""
    normed = set()
    for side in SIDES:
        version = tensors.pop(f"{side}.version", None)
        if version is not None and float(version.flatten()[0]) >= FIRST_WITH_FINAL_NORM[side]:
            normed.add(side)
    for name in list(tensors):
        side, _, _ = name.partition(".")
        if ".in_proj_" in name:
            module, _, kind = name.rpartition("in_proj_")
            parts = tensors.pop(name).tensor_split(3)
            found = {f"{module}{p}_proj.{kind}": part for p, part in zip("qkv", parts, strict=True)}
            tensors.update(found)
        elif ".layer_norms." in name and side in OLDER_NORMS:
            module, _, end = name.partition("layer_norms.")
            number, _, kind = end.partition(".")
            if number.isdecimal() and int(number) < len(OLDER_NORMS[side]):
                tensors[f"{module}{OLDER_NORMS[side][int(number)]}.{kind}"] = tensors.pop(name)
        elif name == "decoder.embed_out":
            tensors[PROJECTION] = tensors.pop(name)
    return frozenset(normed)


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> those of a checkpoint."""
    names = {"output": "decoder.output_projection"}
    for side in SIDES:
        names |= {
            f"{side}.embedding": f"{side}.embed_tokens",
            f"{side}.positions": f"{side}.embed_positions",
            f"{side}.embedding_norm": f"{side}.layernorm_embedding",
            f"{side}.final_norm": f"{side}.layer_norm",
        }
        names |= {f"{side}.layers.*.{ours}": f"{side}.layers.*.{theirs}" for ours, theirs in LAYER.items()}
    return Renaming(names)


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """Tensors beside the key map's: copies of tied ones, and sinusoids, which are computed here."""
    known: dict[str, str | None] = {TARGET: SOURCE} if spec.share_embeddings else {}
    if spec.tie_output:
        known[PROJECTION] = SOURCE if spec.share_embeddings else TARGET
    for side, stack in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        if stack.positions.kind == "sinusoid":
            known |= {f"{side}.embed_positions.{name}": None for name in ("_float_tensor", "weights")}
    return known
