"""Marian's recurrent networks: `s2s`, `amun` and `nematus`; files of the latter two have older names.

Quirks:
- decoding starts from a zero vector instead of a start token's embedding, and from a state that the mean of
  the encoder's states gives;
- an LSTM's memory starts from that state as well;
- the second and further cells of the decoder's first layer add their candidate's bias before the reset gate;
- with `--type nematus` and `gru-nematus`, norms follow Nematus: the biases stand within them.

Reference: `src/models/s2s.h`, `src/rnn` of Marian 1.12.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap
from crosslate.models.errors import CheckpointError
from crosslate.models.families.marian_options import is_size, size_faults, unsupported_values
from crosslate.models.specs.recurrent_spec import (
    CellSpec,
    ConditionalDecoderSpec,
    GateNormSpec,
    RecurrentEncoderSpec,
    RecurrentSpec,
)

TYPES = ("s2s", "amun", "nematus")
MAX_SOURCE_TOKENS = 512
MAX_PIECE_TOKENS = 64
"""Trained on sentences of up to 50 or 100 tokens, they lose the thread beyond (Koehn & Knowles 2017)."""
MAX_TARGET_TOKENS = 1024

REQUIRED: dict[str, tuple[Any, ...]] = {
    "enc-type": ("bidirectional", "bi-unidirectional", "alternating"),
    "enc-cell": ("gru", "gru-nematus", "lstm"),
    "dec-cell": ("gru", "gru-nematus", "lstm"),
    "input-types": ([], ["sequence"]),
    "lemma-dim-emb": (0,),
    "ulr": (False,),
    "right-left": (False,),
}
"""Options whose other values mean a network that is not built here; an absent one has the first value."""
SIZES = ("dim-emb", "dim-rnn", "enc-depth", "dec-depth")
DEPTHS = {"enc-cell-depth": 1, "dec-cell-base-depth": 2, "dec-cell-high-depth": 1}
"""And what they are where they are not given."""
MARIAN_NORM, NEMATUS_NORM = GateNormSpec(eps=1e-9), GateNormSpec(eps=1e-5, as_nematus=True)


def spec_from_options(options: dict[str, Any], *, eos_token_id: int) -> RecurrentSpec:
    """Translate `special:model.yml`; `CheckpointError` names every option that is not supported."""
    if faults := [
        *size_faults(options, SIZES),
        *unsupported_values(options, REQUIRED),
        *_cell_faults(options),
    ]:
        raise CheckpointError("this Marian network is not supported: " + "; ".join(faults))
    source_vocab, target_vocab = options["dim-vocabs"]
    ties_all = bool(options.get("tied-embeddings-all"))
    is_nematus = options["type"] == "nematus"
    norm = NEMATUS_NORM if is_nematus else MARIAN_NORM
    return RecurrentSpec(
        family="marian-rnn",
        width=options["dim-emb"],
        state_width=options["dim-rnn"],
        source_vocab_size=source_vocab,
        target_vocab_size=target_vocab,
        encoder=_encoder(options),
        decoder=ConditionalDecoderSpec(
            cell=_cell(options, "dec-cell"),
            depth=_depth(options, "dec-cell-base-depth"),
            num_upper=options["dec-depth"] - 1,
            upper_depth=_depth(options, "dec-cell-high-depth"),
            skips=bool(options.get("skip")),
        ),
        norm=norm if options.get("layer-normalization") else None,
        reads_one=bool(options.get("hard-attention")),
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


def _encoder(options: dict[str, Any]) -> RecurrentEncoderSpec:
    kind, depth = options.get("enc-type", "bidirectional"), options["enc-depth"]
    num_unidirectional = depth - 1 if kind == "bi-unidirectional" else 0
    return RecurrentEncoderSpec(
        cell=_cell(options, "enc-cell"),
        num_bidirectional=depth - num_unidirectional,
        num_unidirectional=num_unidirectional,
        alternates=kind == "alternating",
        depth=_depth(options, "enc-cell-depth"),
        skips=bool(options.get("skip")),
    )


def _cell(options: dict[str, Any], name: str) -> CellSpec:
    kind = options.get(name, "gru")
    norm = NEMATUS_NORM if kind == "gru-nematus" else MARIAN_NORM
    return CellSpec(
        kind="lstm" if kind == "lstm" else "gru", norm=norm if options.get("layer-normalization") else None
    )


def _depth(options: dict[str, Any], name: str) -> int:
    depth: int = options.get(name, DEPTHS[name])
    return depth


def _cell_faults(options: dict[str, Any]) -> Iterator[str]:
    for name, default in DEPTHS.items():
        if not is_size(options.get(name, default)):
            yield f"{name} is {options[name]!r}, expected a number from 1"
    # Marian itself has no transitions of such cells there.
    for cell, depth, reads_on in (
        ("enc-cell", "enc-cell-depth", options.get("enc-type") == "bi-unidirectional"),
        ("dec-cell", "dec-cell-high-depth", options.get("dec-depth") != 1),
    ):
        if options.get(cell) == "gru-nematus" and reads_on and options.get(depth, 1) != 1:
            yield f"{depth} is {options[depth]!r}, supported with {cell} 'gru-nematus' in upper layers: 1"


_NORM = "((?:_lns|_lnb)?)"
_OLDER_NAMES = (
    (r"Wemb_dec", "decoder_Wemb"),
    (r"ff_logit_prev_(.*)", r"decoder_ff_logit_l1_\g<1>0"),
    (r"ff_logit_lstm_(.*)", r"decoder_ff_logit_l1_\g<1>1"),
    (r"ff_logit_ctx_(.*)", r"decoder_ff_logit_l1_\g<1>2"),
    (r"ff_logit_(W|b)", r"decoder_ff_logit_l2_\1"),
    (r"ff_(.*)", r"decoder_ff_\1"),
    (rf"encoder(_r|)_(Ux?|Wx?|bx?|gamma[12]){_NORM}", r"encoder_bi\1_\2\3"),
    (rf"decoder_(Ux?|Wx?|bx?){_NORM}", r"decoder_cell1_\1\2"),
    (rf"decoder_(Ux?|bx?)_nl{_NORM}", r"decoder_cell2_\1\2"),
    (rf"decoder_Wc(x?){_NORM}", r"decoder_cell2_W\1\2"),
)
_OLDER_TRANSITIONS = (
    (rf"encoder(_r|)_(Ux?|bx?)_drt_(\d+){_NORM}", r"encoder_bi\1_cell{}_\2\4", 1),
    (rf"decoder()_(Ux?|bx?)_nl_drt_(\d+){_NORM}", r"decoder\1_cell{}_\2\4", 2),
)
"""With how many cells come before the first of them."""


def today_name(name: str, *, is_tied: bool) -> str:
    """What `s2s` calls a tensor that `amun` and `nematus` files name as those programs did."""
    if name == "Wemb" and not is_tied:
        return "encoder_Wemb"
    for pattern, today, num_before in _OLDER_TRANSITIONS:
        if match := re.fullmatch(pattern, name):
            return match.expand(today.format(int(match[3]) + num_before))
    for pattern, today in _OLDER_NAMES:
        if match := re.fullmatch(pattern, name):
            return match.expand(today)
    return name


def key_map(spec: RecurrentSpec) -> KeyMap:
    """Our names -> those of `s2s`."""
    rules = {
        "encoder.embedding.weight": ("Wemb" if spec.share_embeddings else "encoder_Wemb",),
        "decoder.embedding.weight": ("decoder_Wemb",),
        "output.weight": ("decoder_ff_logit_l2_W",),
        "output.bias": ("decoder_ff_logit_l2_b",),
        **_encoder_rules(spec.encoder),
        **_decoder_rules(spec.decoder),
        **_dense_rules(spec.norm),
    }
    return rules.__getitem__


Rules = dict[str, tuple[str, ...]]


def _cell_rules(ours: str, theirs: str, cell: CellSpec) -> Rules:
    def named(*names: str) -> tuple[str, ...]:
        # A GRU's gates and its candidate are stored apart.
        apart = names if cell.kind == "gru" else names[:1]
        return tuple(f"{theirs}_{name}" for name in apart)

    bias = named("b", "bx")
    rules = {f"{ours}.{place}": bias for place in ("bias", "input.linear.bias", "state.linear.bias")}
    for part, letter, gain in (("input", "W", "gamma1"), ("state", "U", "gamma2")):
        rules[f"{ours}.{part}.linear.weight"] = named(letter, f"{letter}x")
        as_nematus = cell.norm is not None and cell.norm.as_nematus
        rules[f"{ours}.{part}.gain"] = (
            named(f"{letter}_lns", f"{letter}x_lns") if as_nematus else (f"{theirs}_{gain}",)
        )
        rules[f"{ours}.{part}.shift"] = named(f"{letter}_lnb", f"{letter}x_lnb")
    return rules


def _chain_rules(ours: str, names: list[str], cell: CellSpec) -> Rules:
    rules = _cell_rules(f"{ours}.first", names[0], cell)
    for i, name in enumerate(names[1:]):
        rules |= _cell_rules(f"{ours}.transitions.{i}", name, cell)
    return rules


def _encoder_rules(spec: RecurrentEncoderSpec) -> Rules:
    rules: Rules = {}
    cells = range(1, spec.depth + 1)
    for ours, theirs in (("forwards", "encoder_bi"), ("backwards", "encoder_bi_r")):
        for i in range(spec.num_bidirectional):
            layer = f"{theirs}_l{i + 1}" if i else theirs
            names = [layer if i == 0 and j == 1 else f"{layer}_cell{j}" for j in cells]
            rules |= _chain_rules(f"encoder.{ours}.{i}.chain", names, spec.cell)
    for i in range(spec.num_unidirectional):
        names = [f"encoder_l{spec.num_bidirectional + i + 1}_cell{j}" for j in cells]
        rules |= _chain_rules(f"encoder.uppers.{i}.chain", names, spec.cell)
    return rules


def _decoder_rules(spec: ConditionalDecoderSpec) -> Rules:
    layer = "decoder.layers.0"
    rules = _cell_rules(f"{layer}.first", "decoder_cell1", spec.cell)
    for i in range(spec.depth - 1):
        rules |= _cell_rules(f"{layer}.others.{i}", f"decoder_cell{i + 2}", spec.cell)
    for i in range(spec.num_upper):
        names = [f"decoder_l{i + 2}_cell{j}" for j in range(1, spec.upper_depth + 1)]
        rules |= _chain_rules(f"{layer}.uppers.{i}", names, spec.cell)
    return rules


def _dense_rules(norm: GateNormSpec | None) -> Rules:
    """Attention, the first state, and the layer before the output projection."""
    layer, as_nematus = "decoder.layers.0", norm is not None and norm.as_nematus
    key, query = f"{layer}.attention.key", f"{layer}.attention.query"
    rules: Rules = {
        f"{layer}.attention.score": ("decoder_U_att",),
        f"{key}.linear.weight": ("decoder_Wc_att",),
        f"{key}.linear.bias": ("decoder_b_att",),
        f"{key}.gain": ("decoder_Wc_att_lns" if as_nematus else "decoder_att_gamma1",),
        f"{key}.shift": ("decoder_Wc_att_lnb" if as_nematus else "decoder_b_att",),
        f"{query}.linear.weight": ("decoder_W_comb_att",),
        f"{query}.gain": ("decoder_W_comb_att_lns" if as_nematus else "decoder_att_gamma2",),
        f"{query}.shift": ("decoder_W_comb_att_lnb",),
    }
    for ours, theirs, number in (
        ("start", "decoder_ff_state", ""),
        ("of_token", "decoder_ff_logit_l1", "0"),
        ("of_state", "decoder_ff_logit_l1", "1"),
        ("of_source", "decoder_ff_logit_l1", "2"),
    ):
        rules[f"{layer}.{ours}.linear.weight"] = (f"{theirs}_W{number}",)
        rules[f"{layer}.{ours}.linear.bias"] = (f"{theirs}_b{number}",)
        rules[f"{layer}.{ours}.gain"] = (f"{theirs}_{'ln_s' if as_nematus else 'gamma'}{number}",)
        rules[f"{layer}.{ours}.shift"] = (f"{theirs}_{'ln_b' if as_nematus else 'b'}{number}",)
    return rules
