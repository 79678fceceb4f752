"""Which self-attention an encoder's layer has."""

from __future__ import annotations

from crosslate.models.attention.block_sparse import BlockSparseAttention
from crosslate.models.attention.grouped import GroupedEncoderAttention
from crosslate.models.attention.linear import LinearEncoderAttention
from crosslate.models.attention.multi_head import EncoderSelfAttention
from crosslate.models.attention.staggered import StaggeredBlockAttention
from crosslate.models.attention.window import BlockSumAttention, GlobalFirstAttention, WindowAttention
from crosslate.models.spec import BlockSparseSpec, LinearAttentionSpec, StackSpec, StaggeredBlockSpec

EncoderAttention = (
    EncoderSelfAttention
    | GroupedEncoderAttention
    | WindowAttention
    | StaggeredBlockAttention
    | BlockSparseAttention
    | LinearEncoderAttention
)


def build_encoder_attention(spec: StackSpec, width: int, layer: int) -> EncoderAttention:
    """What the stack's pattern asks for, in its layer `layer`."""
    pattern = spec.pattern
    if spec.grouped is not None:
        return GroupedEncoderAttention(spec, spec.grouped, width, layer)
    if pattern is None:
        return EncoderSelfAttention(spec, width)
    if isinstance(pattern, LinearAttentionSpec):
        return LinearEncoderAttention(spec, width)
    if isinstance(pattern, StaggeredBlockSpec):
        return StaggeredBlockAttention(spec, width, pattern, layer)
    if isinstance(pattern, BlockSparseSpec):
        return BlockSparseAttention(spec, width, pattern)
    kinds = {"none": WindowAttention, "first_token": GlobalFirstAttention, "block_sums": BlockSumAttention}
    return kinds[pattern.seen_by_all](spec, width, pattern)
