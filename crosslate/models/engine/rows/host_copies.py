"""Results on their way from the device to the host, which goes on meanwhile."""

from __future__ import annotations

import torch
from torch import Tensor


class HostCopies:
    """Two copies of one tensor may be under way: the newest, and the one before, to be read first."""

    def __init__(self, tensor: Tensor) -> None:
        """`tensor` is what is copied each time."""
        is_cuda = tensor.device.type == "cuda"
        self._tensor = tensor
        # A copy runs beside the host only if the memory is pinned.
        self._buffers = [torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=is_cuda) for _ in range(2)]
        self._arrivals = _events() if is_cuda else None
        self._newest = 0

    def start(self) -> int:
        """Copy what the tensor holds after all that was launched so far; returns the copy's number."""
        self._newest = 1 - self._newest
        self._buffers[self._newest].copy_(self._tensor, non_blocking=True)
        if self._arrivals is not None:
            self._arrivals[self._newest].record(torch.cuda.current_stream(self._tensor.device))
        return self._newest

    def read(self, number: int) -> Tensor:
        """Wait for a copy and return it, on the host; it holds until the start after the next."""
        if self._arrivals is not None:
            self._arrivals[number].synchronize()
        return self._buffers[number]


def _events() -> list[torch.cuda.Event]:
    return [torch.cuda.Event() for _ in range(2)]  # type: ignore[no-untyped-call]
