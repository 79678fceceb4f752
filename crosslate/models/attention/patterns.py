"""Which self-attention an encoder's layer has."""

from __future__ import annotations

from crosslate.models.attention.block_sparse import BlockSparseAttention
from crosslate.models.attention.grouped import GroupedEncoderAttention
from crosslate.models.attention.linear import LinearEncoderAttention
from crosslate.models.attention.multi_head import EncoderSelfAttention
from crosslate.models.attention.prompted import PromptedEncoderAttention
from crosslate.models.attention.sparse_patterns import FixedAttention, StridedAttention
from crosslate.models.attention.staggered import StaggeredBlockAttention
from crosslate.models.attention.window import BlockSumAttention, GlobalFirstAttention, WindowAttention
from crosslate.models.specs.pattern_spec import (
    BlockSparseSpec,
    FixedSpec,
    StaggeredBlockSpec,
    StridedSpec,
    WindowSpec,
)
from crosslate.models.specs.stack_spec import LinearAttentionSpec, StackSpec

EncoderAttention = (
    EncoderSelfAttention
    | GroupedEncoderAttention
    | WindowAttention
    | StaggeredBlockAttention
    | BlockSparseAttention
    | LinearEncoderAttention
    | StridedAttention
    | FixedAttention
)

WINDOWS = {"none": WindowAttention, "first_token": GlobalFirstAttention, "block_sums": BlockSumAttention}


def build_encoder_attention(spec: StackSpec, width: int, layer: int) -> EncoderAttention:
    """What the stack's pattern asks for, in its layer `layer`."""
    if spec.grouped is not None:
        return GroupedEncoderAttention(spec, spec.grouped, width, layer)
    attention: EncoderAttention
    match spec.pattern:
        case None:
            plain = PromptedEncoderAttention if spec.num_prompts else EncoderSelfAttention
            attention = plain(spec, width)
        case LinearAttentionSpec():
            attention = LinearEncoderAttention(spec, width)
        case StaggeredBlockSpec() as pattern:
            attention = StaggeredBlockAttention(spec, width, pattern, layer)
        case BlockSparseSpec() as pattern:
            attention = BlockSparseAttention(spec, width, pattern)
        case StridedSpec() as pattern:
            attention = StridedAttention(spec, width, pattern)
        case FixedSpec() as pattern:
            attention = FixedAttention(spec, width, pattern)
        case WindowSpec() as window:
            attention = WINDOWS[window.seen_by_all](spec, width, window)
    return attention
