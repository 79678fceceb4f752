"""A model as an engine's rows are computed with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch

from crosslate.models.attention.multi_head import ragged_kernels
from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.scores.copy_rule import CopyRule
from crosslate.models.engine.scores.copying import CopyBias
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist
from crosslate.models.engine.scores.output_projection import Projection, make_projection
from crosslate.models.layers.layers import START
from crosslate.models.network.transformer import EncoderDecoder

CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True)
class Network:
    """The model, what it is computed in and on, and the rules that it writes by."""

    model: EncoderDecoder
    dtype: torch.dtype = torch.float32
    device: torch.device = CPU
    shortlist: LexicalShortlist | None = None
    copying: CopyRule | None = None

    @cached_property
    def limits(self) -> RunnerLimits:
        """What the model can take."""
        spec = self.model.spec
        return RunnerLimits(
            max_source_tokens=spec.max_source_tokens,
            max_target_tokens=spec.max_target_tokens,
            vocab_size=spec.target_vocab_size,
            source_vocab_size=spec.source_vocab_size,
            eos_token_ids=spec.eos_token_ids,
            pad_token_id=spec.pad_token_id,
            decoder_start_token_id=spec.decoder_start_token_id,
            num_layers=spec.num_layers,
            num_heads=spec.num_heads,
        )

    @property
    def start_token(self) -> int:
        """What the decoder reads first."""
        start = self.model.spec.decoder_start_token_id
        return START if start is None else start

    def is_ragged(self, head_dim: int | None) -> bool:
        """Whether attention with such heads takes rows of unequal length, so that nothing is masked."""
        return head_dim is not None and ragged_kernels(head_dim, self.dtype, self.device) is not None

    def new_projection(self) -> Projection:
        """From states to scores, for rows that are still to come."""
        return make_projection(self.model, self.shortlist)

    def new_copy_bias(self) -> CopyBias | None:
        """What copying adds to scores, for rows that are still to come; None for a model that does not."""
        return None if self.copying is None else CopyBias(self.copying)
