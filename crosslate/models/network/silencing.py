"""What a model loses where it cannot hear one head of its decoder's cross-attention.

What a head found is put to zero before the output projection joins it to the others', and the target is read
again (Michel et al. 2019; Voita et al. 2019 prune by it). No weight is changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from crosslate.models.layers.layers import START
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.layers.state import State
from crosslate.models.network.decoder_layers import DecoderLayer
from crosslate.models.network.transformer import EncoderDecoder


class Silencing:
    """A float network, one head of which is silent at a time.

    Raises:
        ValueError: its layers have no cross-attention with heads of its own: recurrent decoders', and those
            of T5Gemma 2, whose heads look at target and source together.
    """

    def __init__(self, model: EncoderDecoder) -> None:
        self._model = model
        self._layers = [layer for layer in model.decoder.layers if isinstance(layer, DecoderLayer)]
        if len(self._layers) < len(model.decoder.layers):
            raise ValueError("the decoder has no cross-attention whose heads could be silenced")

    @torch.inference_mode()
    def lost(self, source_ids: Sequence[int], target_ids: Sequence[int]) -> Tensor:
        """By how much the log-probability of a whole target, teacher-forced, falls without each head.

        Natural logarithms, float64: (L, H). Negative where the model does better without it.
        """
        model, device = self._model, self._model.output.weight.device
        packing = Packing.of([len(source_ids)], device)
        memories = model.project_sources(model.encode(pack_ids([source_ids], device), packing), packing)
        whole = self._log_probs(target_ids, 1, memories)
        silenced = []
        for layer in self._layers:
            silence = _silence_each(layer, len(target_ids))
            try:
                silenced.append(self._log_probs(target_ids, layer.cross.num_heads, memories))
            finally:
                silence.remove()
        return whole - torch.stack(silenced)

    def _log_probs(self, target_ids: Sequence[int], num_times: int, memories: Sequence[State]) -> Tensor:
        """Of one target, read so many times side by side: (num_times,)."""
        start, device = self._model.spec.decoder_start_token_id, self._model.output.weight.device
        inputs = pack_ids([[START if start is None else start, *target_ids[:-1]]] * num_times, device)
        packing = Packing.of([len(target_ids)] * num_times, device)
        states = self._model.decoder.read_targets(inputs, packing, memories)
        wanted = pack_ids([target_ids], device)
        # One after the other: the scores of all would be large.
        found = [
            -nn.functional.cross_entropy(self._model.logits(one).double(), wanted, reduction="sum")
            for one in states.view(num_times, len(target_ids), -1)
        ]
        return torch.stack(found)


def _silence_each(layer: DecoderLayer, num_tokens: int) -> RemovableHandle:
    """Until it is removed, of H targets end to end the first is read without head 0, and so on."""
    cross = layer.cross
    heard = ~torch.eye(cross.num_heads, dtype=torch.bool, device=cross.out.weight.device)
    # (H, H) -> (H * T, H * D)
    heard = heard.repeat_interleave(num_tokens, dim=0).repeat_interleave(cross.head_dim, dim=1)

    def hear(_: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        return (inputs[0].where(heard, 0.0),)

    handle: RemovableHandle = cross.out.register_forward_pre_hook(hear)
    return handle
