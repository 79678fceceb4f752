"""fairseq's recurrent networks (`--arch lstm` and those that are named after it).

Quirks:
- what is projected to tokens may pass a layer before, of which and of the projection one product is made;
- encoder and decoder may differ in width: then a layer stands between the last and the first states;
- attention is Luong's general form, and its mixture has no bias.

Reference: `fairseq/models/lstm.py` of fairseq 0.12.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from torch import Tensor

from crosslate.models.checkpoints.key_map import KeyMap
from crosslate.models.errors import CheckpointError
from crosslate.models.families.marian_options import is_size
from crosslate.models.families.opennmt_py import (
    MAX_PIECE_TOKENS,
    MAX_SOURCE_TOKENS,
    MAX_TARGET_TOKENS,
    Rules,
    cell_rules,
    named_cells,
)
from crosslate.models.families.parts import TokenIds
from crosslate.models.specs.recurrent_spec import CellSpec, LuongSpec

DEFAULT_SIZE = 512
SOURCE, TARGET = "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"
PROJECTION, BEFORE = "decoder.fc_out", "decoder.additional_fc"
YES = ("1", "True", 1, True)


def spec_from_options(options: Mapping[str, Any], ids: TokenIds) -> LuongSpec:
    """Translate a checkpoint's model options; `CheckpointError` names every one that is not supported."""
    if faults := [*_faults(options)]:
        raise CheckpointError("this fairseq network is not supported: " + "; ".join(faults))
    width, encoder_hidden, hidden, written = _sizes(options)
    is_bidirectional = bool(options.get("encoder_bidirectional"))
    shares_all = bool(options.get("share_all_embeddings"))
    is_joined = hidden != written
    return LuongSpec(
        family="fairseq-lstm",
        width=width,
        state_width=hidden,
        encoded_width=encoder_hidden * (2 if is_bidirectional else 1),
        source_vocab_size=ids.source_size,
        target_vocab_size=ids.target_size,
        cell=CellSpec(kind="lstm", has_two_biases=True),
        num_cells=options.get("encoder_layers", 1),
        is_bidirectional=is_bidirectional,
        attention="general",
        feeds_input=True,
        share_embeddings=shares_all,
        tie_output=ties_output(options) and not is_joined,
        output_bias=is_joined or not ties_output(options),
        decoder_start_token_id=ids.start,
        eos_token_ids=(ids.end,),
        pad_token_id=ids.pad,
        max_source_tokens=MAX_SOURCE_TOKENS,
        max_piece_tokens=MAX_PIECE_TOKENS,
        max_target_tokens=MAX_TARGET_TOKENS,
    )


def ties_output(options: Mapping[str, Any]) -> bool:
    """Whether the output projection is the target embedding."""
    return bool(options.get("share_all_embeddings") or options.get("share_decoder_input_output_embed"))


def _sizes(options: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Of embeddings, the encoder's states in one direction, the decoder's states, and what is projected."""
    width = options.get("encoder_embed_dim", DEFAULT_SIZE)
    decoder_width = options.get("decoder_embed_dim", DEFAULT_SIZE)
    return (
        width,
        options.get("encoder_hidden_size", width),
        options.get("decoder_hidden_size", decoder_width),
        options.get("decoder_out_embed_dim", DEFAULT_SIZE),
    )


def _faults(options: Mapping[str, Any]) -> Iterator[str]:
    arch = options.get("arch") or options.get("_name")
    if not isinstance(arch, str) or arch.split("_")[0] != "lstm" or arch.startswith("lstm_lm"):
        yield f"arch is {arch!r}, supported: 'lstm', 'transformer' and what is named after them"
    if options.get("decoder_attention", "1") not in YES:
        yield f"decoder_attention is {options['decoder_attention']!r}, supported: '1'"
    if options.get("criterion") == "adaptive_loss":
        yield "criterion is 'adaptive_loss': its softmax in parts is not built"
    for name in ("layers", "embed_dim"):
        default = 1 if name == "layers" else DEFAULT_SIZE
        encoder, decoder = (options.get(f"{side}_{name}", default) for side in ("encoder", "decoder"))
        if encoder != decoder:
            yield f"encoder_{name} is {encoder!r} and decoder_{name} {decoder!r}, expected the same"
        if not is_size(encoder):
            yield f"encoder_{name} is {encoder!r}, expected a number from 1"
    if not all(map(is_size, _sizes(options))):
        yield f"its sizes are {_sizes(options)!r}, expected numbers from 1"


def join_projections(tensors: MutableMapping[str, Tensor], *, is_tied: bool) -> None:
    """Make one product of the layer before the output projection and of that, if there is such a layer.

    Nothing stands between them: W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2).

    Args:
        tensors: by fairseq's names; edited in place.
        is_tied: the projection is the target embedding, without a bias.
    """
    first, bias = tensors.pop(f"{BEFORE}.weight", None), tensors.pop(f"{BEFORE}.bias", None)
    second = tensors.get(TARGET if is_tied else f"{PROJECTION}.weight")
    if first is None or bias is None or second is None:
        return
    second = second.float()
    # (V, E) @ (E, H) -> (V, H)
    tensors[f"{PROJECTION}.weight"] = second @ first.float()
    own = tensors.get(f"{PROJECTION}.bias")
    joined = second @ bias.float()
    tensors[f"{PROJECTION}.bias"] = joined if own is None else joined + own.float()


def key_map(spec: LuongSpec) -> KeyMap:
    """Our names -> those of a checkpoint whose cells' gates stand apart, as `opennmt_py.GATES` calls them."""
    layer = "decoder.layers.0"
    rules: Rules = {
        "encoder.embedding.weight": (SOURCE,),
        "decoder.embedding.weight": (TARGET,),
        "output.weight": (f"{PROJECTION}.weight",),
        "output.bias": (f"{PROJECTION}.bias",),
        f"{layer}.product.query.weight": ("decoder.attention.input_proj.weight",),
        f"{layer}.mix.weight": ("decoder.attention.output_proj.weight",),
        **cell_rules(cells(spec), spec.cell),
    }
    for i, state in enumerate(("hidden", "cell")):
        for kind in ("weight", "bias"):
            rules[f"{layer}.starts.{i}.{kind}"] = (f"decoder.encoder_{state}_proj.{kind}",)
    return rules.__getitem__


def copies(spec: LuongSpec) -> dict[str, str | None]:
    """The target embedding, where it is the source's."""
    return {TARGET: SOURCE} if spec.share_embeddings else {}


def cells(spec: LuongSpec) -> dict[str, str]:
    """See `named_cells`."""
    return named_cells(spec, "encoder.lstm", "decoder.layers.*.{}")
