"""A decoder's step on a GPU in few, fused kernels."""
