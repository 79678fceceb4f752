"""Networks made of two models that were trained to fill gaps: `EncoderDecoderModel`, as bert2bert.

Each side has a configuration, and names, of its own: BERT, RoBERTa and those that share their layers (Rothe,
Narayan and Severyn 2020). Quirks:
- norms come after each sublayer and after the embedding; positions are learned, and RoBERTa counts them from
  the row behind the padding token's;
- a vector of the token's type is added to each token: all are of type 0, and it is loaded as part of the
  table of positions;
- most have one more layer before the output projection;
- where widths differ, a linear layer leads from the encoder's to the decoder's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosslate.models.errors import CheckpointError
from crosslate.models.families.config_values import activation, eos_token_ids, optional_number, required
from crosslate.models.specs.spec import ModelSpec, OutputTransformSpec
from crosslate.models.specs.stack_spec import NormSpec, PositionSpec, StackSpec

FAMILY = "encoder-decoder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a decoder calls the parts of its language model head."""

    weight: str
    biases: tuple[str, ...]
    """One tensor, by each name that it may have."""
    dense: str | None = None
    """Of the layer before the output projection; None where there is none."""
    norm: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What sets one `model_type` apart, on either side."""

    root: str
    """What the names of a decoder's tensors begin with, those of the head left out."""
    head: Head
    counts_from_padding: bool = False
    """Position 0 is the row behind the padding token's id."""
    token_types: bool = True
    pad_token_id: int = 0
    eos_token_id: int | None = None
    bos_token_id: int | None = None


BERT_HEAD = Head(
    weight="cls.predictions.decoder.weight",
    biases=("cls.predictions.bias", "cls.predictions.decoder.bias"),
    dense="cls.predictions.transform.dense",
    norm="cls.predictions.transform.LayerNorm",
)
ROBERTA_HEAD = Head(
    weight="lm_head.decoder.weight",
    biases=("lm_head.bias", "lm_head.decoder.bias"),
    dense="lm_head.dense",
    norm="lm_head.layer_norm",
)
ELECTRA_HEAD = Head(
    weight="generator_lm_head.weight",
    biases=("generator_lm_head.bias",),
    dense="generator_predictions.dense",
    norm="generator_predictions.LayerNorm",
)
ROBERTA = Side(
    root="roberta",
    head=ROBERTA_HEAD,
    counts_from_padding=True,
    pad_token_id=1,
    eos_token_id=2,
    bos_token_id=0,
)
SIDES: Mapping[str, Side] = {
    "bert": Side(root="bert", head=BERT_HEAD),
    "bert-generation": Side(
        root="bert",
        head=Head(weight="lm_head.decoder.weight", biases=("lm_head.bias", "lm_head.decoder.bias")),
        token_types=False,
        eos_token_id=1,
        bos_token_id=2,
    ),
    "camembert": ROBERTA,
    "electra": Side(root="electra", head=ELECTRA_HEAD),
    "roberta": ROBERTA,
    "xlm-roberta": ROBERTA,
}
"""By `model_type`, with the ids that a configuration need not give."""
SIZES: dict[str, Any] = {"hidden_act": "gelu", "layer_norm_eps": 1e-12, "max_position_embeddings": 512}
"""Of one side, where its configuration does not say."""


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate a flattened `config.json`; `CheckpointError` names what is missing or not supported."""
    encoder, decoder = (_sizes(config, name) for name in ("encoder", "decoder"))
    _check_roles(encoder, decoder)
    width, encoder_width = required(decoder, "hidden_size"), required(encoder, "hidden_size")
    positions = _positions(config, "decoder")
    return ModelSpec(
        family=FAMILY,
        width=width,
        source_vocab_size=required(encoder, "vocab_size"),
        target_vocab_size=required(decoder, "vocab_size"),
        encoder=_stack(encoder, _positions(config, "encoder")),
        decoder=_stack(decoder, positions),
        encoder_width=None if encoder_width == width else encoder_width,
        output_transform=_transform(side_of(config, "decoder"), decoder),
        share_embeddings=is_tied(config),
        tie_output=decoder.get("tie_word_embeddings", True),
        output_bias=True,
        decoder_start_token_id=start_token(config),
        eos_token_ids=end_tokens(config),
        pad_token_id=required(config, "pad_token_id"),
        max_source_tokens=_num_positions(_positions(config, "encoder")),
        # An aligned target is read with the start token before it.
        max_target_tokens=_num_positions(positions) - 1,
    )


def side_of(config: Mapping[str, Any], name: str) -> Side:
    """What is peculiar to one side's `model_type`; `CheckpointError` for one that is not supported."""
    side = config.get(name)
    if not isinstance(side, dict):
        raise CheckpointError(f"config.json describes no {name}: is it the model's own, and complete?")
    kind = str(side.get("model_type"))
    if kind not in SIDES:
        raise CheckpointError(
            f"config.json: {name}.model_type {kind!r} is not supported in an {FAMILY};"
            f" supported on either side: {', '.join(SIDES)}"
        )
    return SIDES[kind]


def is_tied(config: Mapping[str, Any]) -> bool:
    """Whether the decoder's tensors are the encoder's, as far as the encoder has any."""
    names = ("vocab_size", "hidden_size")
    alike = all(config["encoder"].get(name) == config["decoder"].get(name) for name in names)
    return alike and bool(config.get("tie_encoder_decoder"))


def _sizes(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    side_of(config, name)
    sizes = SIZES | config[name]
    kind = sizes.get("position_embedding_type") or "absolute"
    if kind != "absolute":
        raise CheckpointError(f"{name}.position_embedding_type {kind!r} is not supported; 'absolute' is")
    narrow = sizes.get("embedding_size", sizes.get("hidden_size"))
    if sizes["model_type"] == "electra" and narrow != sizes.get("hidden_size"):
        raise CheckpointError(
            f"{name}.embedding_size {narrow} differs from {name}.hidden_size {sizes.get('hidden_size')}: an"
            " ELECTRA with narrower embeddings is not supported"
        )
    return sizes


def _check_roles(encoder: Mapping[str, Any], decoder: Mapping[str, Any]) -> None:
    if encoder.get("is_decoder"):
        raise CheckpointError("encoder.is_decoder is true: an encoder that reads one way is not supported")
    if not decoder.get("add_cross_attention", True):
        raise CheckpointError("decoder.add_cross_attention is false: it never looks at the source")
    width = decoder.get("cross_attention_hidden_size")
    if width is not None and width != decoder.get("hidden_size"):
        raise CheckpointError(
            f"decoder.cross_attention_hidden_size {width} differs from decoder.hidden_size"
            f" {decoder.get('hidden_size')}: not supported"
        )


def start_token(config: Mapping[str, Any]) -> int:
    """What decoding starts from; `CheckpointError` where nobody says."""
    start = config.get("decoder_start_token_id")
    if start is None:
        start = config.get("bos_token_id")
    if not isinstance(start, int):
        raise CheckpointError(
            "config.json says no decoder_start_token_id, nor does generation_config.json: set it to that of"
            " the token that the decoder was trained to start from, mostly [CLS] or <s>"
        )
    decoder = config["decoder"]
    if SIDES[decoder["model_type"]].counts_from_padding and start == _padding_row(decoder):
        raise CheckpointError(
            f"decoder_start_token_id {start} is the padding token's, which this decoder does not count as a"
            " position: not supported"
        )
    return start


def end_tokens(config: dict[str, Any]) -> tuple[int, ...]:
    """What ends a target; `CheckpointError` where nobody says."""
    if config.get("eos_token_id") is None:
        raise CheckpointError(
            "config.json says no eos_token_id, nor does generation_config.json: set it to that of the token"
            " that ends a text, mostly [SEP] or </s>"
        )
    return eos_token_ids(config, -1)


def _padding_row(side: Mapping[str, Any]) -> int:
    pad = side.get("pad_token_id")
    return pad if isinstance(pad, int) else SIDES[side["model_type"]].pad_token_id


def _positions(config: Mapping[str, Any], name: str) -> PositionSpec:
    sizes = _sizes(config, name)
    offset = _padding_row(sizes) + 1 if side_of(config, name).counts_from_padding else 0
    most = required(sizes, "max_position_embeddings") - offset
    return PositionSpec(kind="learned", offset=offset, max_positions=most)


def _num_positions(positions: PositionSpec) -> int:
    assert positions.max_positions is not None
    return positions.max_positions


def _norm(side: dict[str, Any]) -> NormSpec:
    return NormSpec(eps=optional_number(side, "layer_norm_eps", default=1e-12), position="post")


def _stack(side: dict[str, Any], positions: PositionSpec) -> StackSpec:
    width, heads = required(side, "hidden_size"), required(side, "num_attention_heads")
    if heads < 1 or width % heads:
        raise CheckpointError(f"hidden_size {width} is no multiple of num_attention_heads {heads}")
    return StackSpec(
        num_layers=required(side, "num_hidden_layers"),
        num_heads=heads,
        head_dim=width // heads,
        ffn_dim=required(side, "intermediate_size"),
        activation=activation("hidden_act", side["hidden_act"]),
        norm=_norm(side),
        positions=positions,
        embedding_norm=True,
        attention_scale=(width // heads) ** -0.5,
    )


def _transform(side: Side, sizes: dict[str, Any]) -> OutputTransformSpec | None:
    if side.head.dense is None:
        return None
    # BERT's goes by the configuration, the others' is always this.
    chosen = sizes["hidden_act"] if side.head is BERT_HEAD else "gelu"
    return OutputTransformSpec(activation("hidden_act", chosen), _norm(sizes))
