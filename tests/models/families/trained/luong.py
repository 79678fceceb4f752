"""Luong's network (2015) in plain PyTorch, a step after the other: trained, and then compared with.

Its tensors are called as in OpenNMT-py, so that its files are loaded as such. It imports nothing else.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

import torch
from torch import Tensor, nn

NAMES = {
    "source": "encoder.embeddings.make_embedding.emb_luts.0",
    "encoder": "encoder.rnn",
    "target": "decoder.embeddings.make_embedding.emb_luts.0",
    "cell": "decoder.rnn.layers.0",
    "general": "decoder.attn.linear_in",
    "concat_query": "decoder.attn.linear_query",
    "concat_key": "decoder.attn.linear_context",
    "concat_score": "decoder.attn.v",
    "mix": "decoder.attn.linear_out",
    "place": "decoder.attn.local_in",
    "place_score": "decoder.attn.local_v",
}
"""Ours -> OpenNMT-py's."""


class Luong(nn.Module):
    """A GRU, one GRU cell with input feeding, dot, general or concat attention, global or local.

    The GRU reads from the left or (`brnn`) from both ends; then one source at a time is taken, or several of
    one length.
    """

    def __init__(self, options: Namespace, num_words: int) -> None:
        super().__init__()
        self.options = options
        width, size = options.word_vec_size, options.hidden_size
        self.source, self.target = nn.Embedding(num_words, width), nn.Embedding(num_words, width)
        self.reads_back = options.encoder_type == "brnn"
        self.encoder = nn.GRU(
            width, size // (1 + self.reads_back), batch_first=True, bidirectional=self.reads_back
        )
        self.cell = nn.GRUCell(width + size, size)
        self.general = nn.Linear(size, size, bias=False) if options.global_attention == "general" else None
        self.is_concat = options.global_attention == "mlp"
        if self.is_concat:
            self.concat_query, self.concat_key = nn.Linear(size, size), nn.Linear(size, size, bias=False)
            self.concat_score = nn.Linear(size, 1, bias=False)
        self.mix = nn.Linear(2 * size, size, bias=self.is_concat)
        is_predictive = options.local_attention == "predictive"
        self.place = nn.Linear(size, size, bias=False) if is_predictive else None
        self.place_score = nn.Linear(size, 1, bias=False) if is_predictive else None
        self.generator = nn.Linear(size, num_words)

    def forward(
        self, source: Tensor, lengths: Tensor, inputs: Tensor, read: Sequence[int] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Log-probabilities (B, T, V) and where was looked (B, T, S), of sources (B, S) and inputs (B, T).

        `read`: with hard attention, what is read at each step; else it is the likeliest.
        """
        keys, _ = self.encoder(self.source(source))
        h = keys[torch.arange(len(keys)), lengths - 1]
        if self.reads_back:
            assert int(lengths.min()) == keys.shape[1]
            half = keys.shape[2] // 2
            h = torch.cat([h[:, :half], keys[:, 0, half:]], dim=-1)
        fed = torch.zeros_like(h)
        logits, maps = [], []
        for t, x in enumerate(self.target(inputs).unbind(dim=1)):
            h = self.cell(torch.cat([x, fed], dim=-1), h)
            weights = self.weights(h, keys, lengths, t)
            shown = weights / weights.sum(dim=-1, keepdim=True)
            if self.options.hard_attention:
                chosen = shown.argmax(dim=-1) if read is None else torch.tensor([read[t]])
                one = nn.functional.one_hot(chosen, keys.shape[1]).to(shown)
                # Bengio et al. 2013: forwards one, backwards all
                weights = one + shown - shown.detach() if self.training else one
                shown = shown if self.training else one
            fed = self.mix(torch.cat([(weights[:, None] @ keys)[:, 0], h], dim=-1))
            # OpenNMT-py has no tanh behind `mlp`.
            fed = fed if self.is_concat else torch.tanh(fed)
            logits.append(self.generator(fed))
            maps.append(shown)
        return torch.stack(logits, dim=1).log_softmax(dim=-1), torch.stack(maps, dim=1)

    def weights(self, h: Tensor, keys: Tensor, lengths: Tensor, t: int) -> Tensor:
        """Equations 7 to 10: (B, H), (B, S, H) -> (B, S)."""
        scores = self.scores(h, keys)
        s, kind = torch.arange(keys.shape[1]), self.options.local_attention
        hidden = s >= lengths[:, None]
        if kind is None:
            return scores.masked_fill(hidden, -torch.inf).softmax(dim=-1)
        radius = self.options.local_attention_window
        if kind == "monotone":
            p = torch.minimum(torch.tensor(t), lengths - 1)[:, None].to(h.dtype)
        else:
            assert self.place is not None
            assert self.place_score is not None
            p = lengths[:, None] * torch.sigmoid(self.place_score(torch.tanh(self.place(h))))
        hidden = hidden | ((s - p).abs() > radius)
        aligned = scores.masked_fill(hidden, -torch.inf).softmax(dim=-1)
        return (
            aligned if kind == "monotone" else aligned * torch.exp(-((s - p) ** 2) / (2 * (radius / 2) ** 2))
        )

    def scores(self, h: Tensor, keys: Tensor) -> Tensor:
        """Section 3.1: (B, H), (B, S, H) -> (B, S)."""
        if self.is_concat:
            both = torch.tanh(self.concat_query(h)[:, None] + self.concat_key(keys))
            found: Tensor = self.concat_score(both)[..., 0]
            return found
        query = h if self.general is None else self.general(h)
        return (keys @ query[..., None])[..., 0]

    def saved(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """What OpenNMT-py calls `model` and `generator`."""
        network: dict[str, Tensor] = {}
        for name, value in self.state_dict().items():
            ours, _, rest = name.partition(".")
            if ours != "generator":
                network[f"{NAMES[ours]}.{rest}"] = value
        return network, self.generator.state_dict()

    def restore(self, network: dict[str, Tensor], generator: dict[str, Tensor]) -> None:
        """The inverse of `saved`."""
        ours = {theirs: name for name, theirs in NAMES.items()}
        found = {f"generator.{name}": value for name, value in generator.items()}
        for name, value in network.items():
            prefix = next(prefix for prefix in ours if name.startswith(f"{prefix}."))
            found[f"{ours[prefix]}.{name.removeprefix(f'{prefix}.')}"] = value
        self.load_state_dict(found)
