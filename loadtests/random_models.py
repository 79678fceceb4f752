"""Networks with random weights in the shapes of well-known checkpoints: values do not change the speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import torch
import transformers
from torch import Tensor, nn

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.families.hugging_face import build_network
from crosslate.models.network.transformer import EncoderDecoder


class Logits(Protocol):
    """What a model of `transformers` answers."""

    logits: Tensor


class Reference(Protocol):
    """An encoder-decoder of `transformers`."""

    config: Any

    def __call__(self, *, input_ids: Tensor, decoder_input_ids: Tensor) -> Logits: ...

    def generate(
        self,
        *,
        input_ids: Tensor,
        attention_mask: Tensor,
        min_new_tokens: int,
        max_new_tokens: int,
        num_beams: int,
        do_sample: bool,
    ) -> Tensor: ...

    def state_dict(self) -> Mapping[str, Tensor]: ...

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]: ...

    def to(self, device: torch.device, dtype: torch.dtype) -> Self: ...


@dataclass(frozen=True, slots=True)
class Shape:
    """A configuration of `transformers`, by the names of its classes."""

    name: str
    config_class: str
    model_class: str
    settings: dict[str, Any]


MARIAN_BASE = Shape(
    "Marian base",
    "MarianConfig",
    "MarianMTModel",
    {
        "vocab_size": 58101,
        "d_model": 512,
        "encoder_layers": 6,
        "decoder_layers": 6,
        "encoder_attention_heads": 8,
        "decoder_attention_heads": 8,
        "encoder_ffn_dim": 2048,
        "decoder_ffn_dim": 2048,
        "max_position_embeddings": 512,
        "activation_function": "swish",
        "scale_embedding": True,
        "pad_token_id": 58100,
        "decoder_start_token_id": 58100,
        "eos_token_id": 0,
        "forced_eos_token_id": None,
    },
)
NLLB_600M = Shape(
    "NLLB 600M",
    "M2M100Config",
    "M2M100ForConditionalGeneration",
    {
        "vocab_size": 256206,
        "d_model": 1024,
        "encoder_layers": 12,
        "decoder_layers": 12,
        "encoder_attention_heads": 16,
        "decoder_attention_heads": 16,
        "encoder_ffn_dim": 4096,
        "decoder_ffn_dim": 4096,
        "max_position_embeddings": 1024,
        "activation_function": "relu",
        "scale_embedding": True,
        "decoder_start_token_id": 2,
    },
)
BART_LARGE = Shape(
    "BART large",
    "BartConfig",
    "BartForConditionalGeneration",
    {
        "vocab_size": 50265,
        "d_model": 1024,
        "encoder_layers": 12,
        "decoder_layers": 12,
        "encoder_attention_heads": 16,
        "decoder_attention_heads": 16,
        "encoder_ffn_dim": 4096,
        "decoder_ffn_dim": 4096,
        "max_position_embeddings": 1024,
        "activation_function": "gelu",
        "decoder_start_token_id": 2,
        "forced_eos_token_id": None,
    },
)
LED_BASE = Shape(
    "LED base",
    "LEDConfig",
    "LEDForConditionalGeneration",
    {
        "vocab_size": 50265,
        "d_model": 768,
        "encoder_layers": 6,
        "decoder_layers": 6,
        "encoder_attention_heads": 12,
        "decoder_attention_heads": 12,
        "encoder_ffn_dim": 3072,
        "decoder_ffn_dim": 3072,
        "attention_window": 1024,
        "max_encoder_position_embeddings": 16384,
        "max_decoder_position_embeddings": 1024,
    },
)
_TINY = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "init_std": 0.2,
}


def tiny(shape: Shape) -> Shape:
    """The same kind of network, small enough for any machine."""
    vocabulary = {"vocab_size": 101, "pad_token_id": 100, "decoder_start_token_id": 100}
    ids = vocabulary if shape.config_class == "MarianConfig" else {"vocab_size": 101}
    return Shape(f"tiny {shape.name}", shape.config_class, shape.model_class, shape.settings | _TINY | ids)


def build_reference(shape: Shape) -> Reference:
    """The network in `transformers`, float32 on the CPU, always with the same weights."""
    torch.manual_seed(0)
    config = getattr(transformers, shape.config_class)(**shape.settings)
    model: Reference = getattr(transformers, shape.model_class)(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # With gains of one sign a network with tied embeddings would repeat one token for ever.
            if parameter.dim() == 1 and "norm" in name and name.endswith("weight"):
                parameter.normal_()
    return model


def our_network(reference: Reference, dtype: torch.dtype) -> EncoderDecoder:
    """Our network with the reference's weights, on the CPU."""
    config = reference.config.to_dict()
    return build_network(config, reference.state_dict(), origin=config["model_type"], dtype=dtype)


def our_engine(
    network: EncoderDecoder, *, dtype: torch.dtype, device: torch.device, max_slots: int, is_static: bool
) -> Engine:
    """An engine that admits up to `max_slots` sources at once."""
    runner = ModelRunner(
        network.to(device), dtype=dtype, device=device, max_rows=max_slots, is_static=is_static
    )
    scheduler = SchedulerConfig(
        max_slots=max_slots, max_encoder_tokens_per_step=1 << 16, max_waiting=4096, max_padding_per_batch=1024
    )
    return Engine(runner, scheduler, GenerationParams(), make_chooser)
