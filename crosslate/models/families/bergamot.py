"""Bergamot and Firefox Translations students: native Marian files with a lexical shortlist.

A folder holds `model.*.bin`, one `vocab.*.spm` (or `srcvocab.*.spm` and `trgvocab.*.spm`) and, optionally,
`lex.*.bin`. The network is described by the YAML inside the model file.

Quirks, as in Marian 1.9:
- decoding starts from a zero vector instead of a start token's embedding;
- sinusoids step by 10000^(i/(half-1)), sines before cosines;
- embeddings are multiplied by sqrt(width), also where the output projection shares them unscaled;
- the layer norms add 1e-9 to the variance; the names of those before something end in `_pre`;
- alignment was trained into head 0 of the last decoder layer, at the row that outputs the word.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

from crosslate.models.checkpoints.key_map import KeyMap, Part, Renaming, Zeros
from crosslate.models.errors import CheckpointError
from crosslate.models.families.marian_options import is_size, size_faults, unsupported_values
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import (
    Activation,
    MixerSpec,
    NormSpec,
    PositionSpec,
    SelfAttentionSpec,
    SSRUSpec,
    StackSpec,
)

ACTIVATIONS: dict[str, Activation] = {"relu": "relu", "swish": "silu", "gelu": "gelu"}
MAX_SOURCE_TOKENS = 512
MAX_PIECE_TOKENS = 96
"""They were trained on sentences and drop parts of longer texts: the starter models lose a fifth of a text at
120 tokens and half at 240; in parts of up to 96 they lose nothing."""
MAX_TARGET_TOKENS = 1024

REQUIRED: dict[str, tuple[Any, ...]] = {
    "type": ("transformer",),
    "transformer-ffn-depth": (2,),
    "transformer-train-position-embeddings": (False,),
    "transformer-train-positions": (False,),
    "transformer-no-projection": (False,),
    "transformer-tied-layers": ([],),
    "transformer-pool": (False,),
    "transformer-decoder-autoreg": ("rnn", "self-attention"),
    "dec-cell": ("ssru",),
    "input-types": ([], ["sequence"]),
    "lemma-dim-emb": (0,),
    "right-left": (False,),
}
"""Options whose other values mean a network that is not built here; an absent one has the first value."""

SIZES = ("dim-emb", "enc-depth", "dec-depth", "transformer-heads", "transformer-dim-ffn")

SUBLAYER_OPERATIONS: dict[tuple[str, str], Literal["pre", "post"]] = {("n", "a"): "pre", ("", "an"): "post"}
"""What is done before and after a sublayer (a: add its input, n: norm; dropout is for training only)."""


PRODUCTS = {
    "attention.qkv": "self_{@q,@k,@v}",
    "attention.out": "self_@o",
    "mixer.qkv": "self_{@q,@k,@v}",
    "mixer.out": "self_@o",
    "cross.q": "context_@q",
    "cross.kv": "context_{@k,@v}",
    "cross.out": "context_@o",
    "feed_forward.inner": "ffn_@1",
    "feed_forward.outer": "ffn_@2",
}
"""Modules of a layer, ours -> theirs; `@`: W of the weight, b of the bias."""
GATES = {"weight": "rnn_{Wf,W}", "bias": "rnn_bf"}
"""Of an SSRU; one of its two products has no bias."""
RESIDUALS = {
    "attention_residual": "self_Wo",
    "mixer_residual": "self_Wo",
    "cross_residual": "context_Wo",
    "feed_forward_residual": "ffn_ffn",
}
"""Where the norms stand."""


def spec_from_options(options: dict[str, Any], *, eos_token_id: int) -> ModelSpec:
    """Translate `special:model.yml`; `CheckpointError` names every option that is not supported."""
    if faults := [*_size_faults(options), *_unsupported(options)]:
        raise CheckpointError("this Marian network is not supported: " + "; ".join(faults))
    width = options["dim-emb"]
    source_vocab, target_vocab = options["dim-vocabs"]
    ties_all = bool(options.get("tied-embeddings-all"))
    return ModelSpec(
        family="bergamot",
        width=width,
        source_vocab_size=source_vocab,
        target_vocab_size=target_vocab,
        encoder=_stack(options, "enc-depth", SelfAttentionSpec()),
        decoder=_stack(options, "dec-depth", SSRUSpec() if _is_ssru(options) else SelfAttentionSpec()),
        embedding_scale=math.sqrt(width),
        share_embeddings=ties_all or bool(options.get("tied-embeddings-src")),
        tie_output=ties_all or bool(options.get("tied-embeddings")),
        output_bias=not options.get("output-omit-bias", False),
        decoder_start_token_id=None,
        eos_token_ids=(eos_token_id,),
        pad_token_id=eos_token_id,
        max_source_tokens=MAX_SOURCE_TOKENS,
        max_piece_tokens=MAX_PIECE_TOKENS,
        max_target_tokens=MAX_TARGET_TOKENS,
    )


def guided_layer(options: dict[str, Any], spec: ModelSpec) -> int:
    """The decoder layer, counted from 0, that guided alignment was trained into."""
    layer = options.get("transformer-guided-alignment-layer", "last")
    if layer == "last":
        return spec.decoder.num_layers - 1
    if not str(layer).isdecimal() or not 1 <= int(layer) <= spec.decoder.num_layers:
        raise CheckpointError(
            f"transformer-guided-alignment-layer is {layer!r}: the decoder has layers 1 to"
            f" {spec.decoder.num_layers}"
        )
    return int(layer) - 1


def _is_ssru(options: dict[str, Any]) -> bool:
    return options.get("transformer-decoder-autoreg") == "rnn"


def _size_faults(options: dict[str, Any]) -> Iterator[str]:
    yield from size_faults(options, SIZES)
    are_sizes = all(is_size(options.get(name)) for name in SIZES)
    if are_sizes and options["dim-emb"] % (2 * options["transformer-heads"]):
        yield f"dim-emb {options['dim-emb']} is not twice a multiple of transformer-heads"


def _unsupported(options: dict[str, Any]) -> Iterator[str]:
    ignored = set() if _is_ssru(options) else {"dec-cell"}
    yield from unsupported_values(options, {n: v for n, v in REQUIRED.items() if n not in ignored})
    activation = options.get("transformer-ffn-activation", "relu")
    if activation not in list(ACTIVATIONS):  # it may be anything that YAML can say
        yield f"transformer-ffn-activation is {activation!r}, supported: {', '.join(ACTIVATIONS)}"
    if _sublayer_operations(options) not in SUBLAYER_OPERATIONS:
        yield (
            f"transformer-preprocess is {options.get('transformer-preprocess')!r} and transformer-postprocess"
            f" {options.get('transformer-postprocess')!r}, supported: 'n' with 'da', and '' with 'dan'"
        )
    for name in ("transformer-postprocess-emb", "transformer-postprocess-top"):
        if _operations(options, name) not in {"", "n"}:
            yield f"{name} is {options[name]!r}, supported: '', 'd', 'n' and 'nd'"


def _operations(options: dict[str, Any], name: str, default: str = "") -> str:
    return str(options.get(name, default)).replace("d", "")


def _sublayer_operations(options: dict[str, Any]) -> tuple[str, str]:
    return (
        _operations(options, "transformer-preprocess"),
        _operations(options, "transformer-postprocess", "dan"),
    )


def _stack(options: dict[str, Any], depth: str, mixer: MixerSpec) -> StackSpec:
    width, heads = options["dim-emb"], options["transformer-heads"]
    return StackSpec(
        num_layers=options[depth],
        num_heads=heads,
        head_dim=width // heads,
        ffn_dim=options["transformer-dim-ffn"],
        activation=ACTIVATIONS[options.get("transformer-ffn-activation", "relu")],
        norm=NormSpec(eps=1e-9, position=SUBLAYER_OPERATIONS[_sublayer_operations(options)]),
        positions=PositionSpec(kind="sinusoid", sinusoid_step="tensor2tensor"),
        embedding_norm=_operations(options, "transformer-postprocess-emb") == "n",
        final_norm=_operations(options, "transformer-postprocess-top") == "n",
        attention_scale=(width // heads) ** -0.5,
        mixer=mixer,
    )


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Marian's."""
    rules = {
        "encoder.embedding.weight": "Wemb" if spec.share_embeddings else "encoder_Wemb",
        "decoder.embedding.weight": "decoder_Wemb",
        "output.weight": "decoder_ff_logit_out_W",
        "output.bias": "decoder_ff_logit_out_b",
    }
    for side, stack in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        is_pre = stack.norm.position == "pre"
        norms = {f"layers.*.{ours}": f"l*_{theirs}" for ours, theirs in RESIDUALS.items()}
        if isinstance(stack.mixer, SSRUSpec):
            norms["layers.*.mixer_residual"] = "l*_rnn" if is_pre else "l*_rnn_ffn"
        for kind, letter, word in (("weight", "W", "scale"), ("bias", "b", "bias")):
            rules[f"{side}.layers.*.mixer.gates.{kind}"] = f"{side}_l*_{GATES[kind]}"
            for ours, theirs in PRODUCTS.items():
                rules[f"{side}.layers.*.{ours}.{kind}"] = f"{side}_l*_{theirs.replace('@', letter)}"
            for ours, theirs in norms.items():
                rules[f"{side}.{ours}.norm.{kind}"] = f"{side}_{theirs}_ln_{word}{'_pre' if is_pre else ''}"
            rules[f"{side}.embedding_norm.{kind}"] = f"{side}_emb_ln_{word}_pre"
            rules[f"{side}.final_norm.{kind}"] = f"{side}_top_ln_{word}"
    renamed = Renaming(rules, first_layer=1)

    def parts(name: str) -> tuple[Part, ...]:
        return (*renamed(name), Zeros(spec.width)) if name.endswith("gates.bias") else renamed(name)

    return parts
