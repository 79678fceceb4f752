"""OpenNMT-py's recurrent networks (`decoder_type: rnn`), as its version 3 saves them.

Quirks:
- sources have no end token;
- a bidirectional encoder's states are as wide as one of a single direction: each has half;
- what `mlp` (additive) attention finds is mixed with the state without a tanh;
- a bridge, over a bidirectional encoder, cuts the layers' last states in two and treats both alike.

What OpenNMT-py itself has not is told by options of Crosslate's own in the same file (`docs/attention.md`):
- `local_attention` is `monotone` or `predictive` (Luong et al. 2015, local-m and local-p), with
  `local_attention_window`, D; the latter has two more tensors, `decoder.attn.local_in.weight` (W_p) and
  `decoder.attn.local_v.weight` (v_p).
- `hard_attention`, true: one source token is read, not the mean of all (Xu et al. 2015).

Reference: `onmt/encoders/rnn_encoder.py`, `onmt/decoders/decoder.py`, `onmt/modules/global_attention.py` of
OpenNMT-py 3.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap
from crosslate.models.errors import CheckpointError
from crosslate.models.families.marian_options import is_size, unsupported_values
from crosslate.models.families.parts import TokenIds
from crosslate.models.specs.recurrent_spec import CellSpec, GlobalAttention, LocalSpec, LuongSpec
from crosslate.models.specs.spec import NetworkSpec

MAX_SOURCE_TOKENS = 512
MAX_PIECE_TOKENS = 64
"""Trained on sentences of up to 50 or 100 tokens, they lose the thread beyond (Koehn & Knowles 2017)."""
MAX_TARGET_TOKENS = 1024
ATTENTION: dict[str, GlobalAttention] = {"dot": "dot", "general": "general", "mlp": "concat"}
REQUIRED: dict[str, tuple[Any, ...]] = {
    "model_task": ("seq2seq",),
    "model_type": ("text",),
    "encoder_type": ("rnn", "brnn"),
    "decoder_type": ("rnn",),
    "rnn_type": ("LSTM", "GRU"),
    "global_attention": ("general", "dot", "mlp"),
    "global_attention_function": ("softmax",),
    "context_gate": (None,),
    "coverage_attn": (False,),
    "copy_attn": (False,),
    "position_encoding": (False,),
    "n_src_feats": (0,),
    "generator_function": ("softmax",),
}
"""Options whose other values mean a network that is not built here; an absent one has the first value."""
LOCAL = {None: None, "monotone": False, "predictive": True}
"""Whether a window's middle is predicted; None: there is no window."""
SAME = (
    ("enc_layers", "dec_layers", "layers"),
    ("enc_hid_size", "dec_hid_size", "hidden_size"),
    ("src_word_vec_size", "tgt_word_vec_size", "word_vec_size"),
)
"""Sizes of encoder and decoder, which must agree, and the option that sets both where it is positive."""
EMBEDDING = "embeddings.make_embedding.emb_luts.0.weight"
GATES = {"lstm": ("f", "i", "c", "o"), "gru": ("r", "z", "c")}
"""In our order."""
STORED_GATES = {"lstm": ("i", "f", "c", "o"), "gru": ("r", "z", "c")}
"""In PyTorch's."""
STORED_PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
"""Tensors in which all gates of a cell stand, one below the other."""


def spec_from_options(options: Mapping[str, Any], ids: TokenIds) -> LuongSpec:
    """Translate a checkpoint's `opt`; `CheckpointError` names every option that is not supported."""
    known = dict(options)
    if faults := [*unsupported_values(known, REQUIRED), *_local_faults(known), *size_faults(known)]:
        raise CheckpointError("this OpenNMT-py network is not supported: " + "; ".join(faults))
    num_cells, state_width, width = (size(known, *names) for names in SAME)
    is_bidirectional, ties_output = (
        known.get("encoder_type") == "brnn",
        bool(known.get("share_decoder_embeddings")),
    )
    if is_bidirectional and state_width % 2:
        raise CheckpointError(f"hidden_size is {state_width}, expected an even number with encoder_type brnn")
    if ties_output and width != state_width:
        raise CheckpointError(
            f"word_vec_size is {width} and hidden_size {state_width}, expected the same with"
            " share_decoder_embeddings"
        )
    return LuongSpec(
        family="opennmt-py",
        width=width,
        state_width=state_width,
        encoded_width=state_width,
        source_vocab_size=ids.source_size,
        target_vocab_size=ids.target_size,
        cell=CellSpec(kind="gru" if known.get("rnn_type") == "GRU" else "lstm", has_two_biases=True),
        num_cells=num_cells,
        is_bidirectional=is_bidirectional,
        has_bridge=bool(known.get("bridge")),
        attention=ATTENTION[known.get("global_attention", "general")],
        local=_local(known),
        reads_one=bool(known.get("hard_attention")),
        feeds_input=bool(known.get("input_feed", 1)),
        share_embeddings=bool(known.get("share_embeddings")),
        tie_output=ties_output,
        output_bias=True,
        decoder_start_token_id=ids.start,
        eos_token_ids=(ids.end,),
        pad_token_id=ids.pad,
        max_source_tokens=MAX_SOURCE_TOKENS,
        max_piece_tokens=MAX_PIECE_TOKENS,
        max_target_tokens=MAX_TARGET_TOKENS,
    )


def _local(options: Mapping[str, Any]) -> LocalSpec | None:
    predicts = LOCAL[options.get("local_attention")]
    return (
        None if predicts is None else LocalSpec(radius=options["local_attention_window"], predicts=predicts)
    )


def _local_faults(options: Mapping[str, Any]) -> Iterator[str]:
    kind, window = options.get("local_attention"), options.get("local_attention_window")
    if kind not in LOCAL:
        yield f"local_attention is {kind!r}, supported: 'monotone', 'predictive'"
    elif kind is not None and not is_size(window):
        yield f"local_attention_window is {window!r}, expected a number from 1"


def size(options: Mapping[str, Any], encoder: str, decoder: str, both: str) -> int:
    """One of `SAME`, whose names are given."""
    found: int = options[both] if is_size(options.get(both)) else options[encoder]
    return found


def size_faults(options: Mapping[str, Any]) -> Iterator[str]:
    """Sizes that are none, or not the same on both sides."""
    for encoder, decoder, both in SAME:
        if is_size(options.get(both)):
            continue
        if not is_size(options.get(encoder)):
            yield f"{encoder} is {options.get(encoder)!r}, expected a number from 1"
        elif options.get(encoder) != options.get(decoder):
            other = options.get(decoder)
            yield f"{encoder} is {options[encoder]!r} and {decoder} {other!r}, expected the same"


def key_map(spec: LuongSpec) -> KeyMap:
    """Our names -> those of a checkpoint whose cells' gates stand apart, as `GATES` calls them."""
    rules = {
        "encoder.embedding.weight": (f"encoder.{EMBEDDING}",),
        "decoder.embedding.weight": (f"decoder.{EMBEDDING}",),
        "output.weight": ("generator.weight",),
        "output.bias": ("generator.bias",),
        **cell_rules(cells(spec), spec.cell),
        **_decoder_rules(spec),
    }
    return rules.__getitem__


def copies(spec: NetworkSpec) -> dict[str, str | None]:
    """Names of tied tensors that a checkpoint holds twice, with the ones that they are copies of."""
    source, target = f"encoder.{EMBEDDING}", f"decoder.{EMBEDDING}"
    found: dict[str, str | None] = {target: source} if spec.share_embeddings else {}
    if spec.tie_output:
        found["generator.weight"] = source if spec.share_embeddings else target
    return found


def cells(spec: LuongSpec) -> dict[str, str]:
    """See `named_cells`."""
    # With input feeding, cells are called one by one, else a whole stack of them is.
    decoder = "decoder.rnn.layers.*.{}" if spec.feeds_input else "decoder.rnn.{}_l*"
    return named_cells(spec, "encoder.rnn", decoder)


def named_cells(spec: LuongSpec, encoder: str, decoder: str) -> dict[str, str]:
    """Our names of all cells -> theirs, which have `{}` for the name of a part.

    Args:
        spec: of the network.
        encoder: what they call the module of PyTorch's that holds the encoder's cells.
        decoder: what they call a cell of the decoder, with `*` for its layer.
    """
    found = {}
    for i in range(spec.num_cells):
        for j, direction in enumerate(("", "_reverse") if spec.is_bidirectional else ("",)):
            found[f"encoder.layers.{i}.{j}.chain.first"] = f"{encoder}.{{}}_l{i}{direction}"
        found[f"decoder.layers.0.cells.{i}"] = decoder.replace("*", str(i))
    return found


Rules = dict[str, tuple[str, ...]]
"""Our names -> theirs."""


def cell_rules(cells: Mapping[str, str], cell: CellSpec) -> Rules:
    """Of `named_cells` whose gates stand apart."""
    return {
        f"{ours}.{part}.linear.{kind}": tuple(
            f"{theirs.format(f'{kind}_{letters}')}.{gate}" for gate in GATES[cell.kind]
        )
        for ours, theirs in cells.items()
        for part, letters in (("input", "ih"), ("state", "hh"))
        for kind in ("weight", "bias")
    }


def _decoder_rules(spec: LuongSpec) -> Rules:
    layer, attention = "decoder.layers.0", "decoder.attn"
    rules: Rules = {
        f"{layer}.mix.weight": (f"{attention}.linear_out.weight",),
        f"{layer}.mix.bias": (f"{attention}.linear_out.bias",),
        f"{layer}.window.position.weight": (f"{attention}.local_in.weight",),
        f"{layer}.window.score": (f"{attention}.local_v.weight",),
        f"{layer}.product.query.weight": (f"{attention}.linear_in.weight",),
        f"{layer}.concat.score": (f"{attention}.v.weight",),
        f"{layer}.concat.query.linear.weight": (f"{attention}.linear_query.weight",),
        f"{layer}.concat.key.linear.weight": (f"{attention}.linear_context.weight",),
        # Theirs is added to the query: to the same sum.
        f"{layer}.concat.key.linear.bias": (f"{attention}.linear_query.bias",),
    }
    for i in range(spec.cell.num_states):
        rules |= {
            f"{layer}.bridges.{i}.{kind}": (f"encoder.bridge.{i}.{kind}",) for kind in ("weight", "bias")
        }
    return rules
