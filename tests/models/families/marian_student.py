"""Native Marian's student network written down once more, in float64 and without any batching."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tests.models.marian_files import Student

Matrix = npt.NDArray[np.float64]
EOS = 0


def continuations(source: list[int], target: list[int]) -> list[int]:
    """What stands in `source` behind the last token of `target`."""
    return sorted({b for a, b in pairwise(source) if target and a == target[-1]})


class NumpyStudent:
    """One source at a time, the whole target prefix anew for every step."""

    def __init__(self, student: Student) -> None:
        self.options = student.options
        self.tensors = {name: value.astype(np.float64) for name, value in student.tensors.items()}
        self.width: int = student.options["dim-emb"]
        self.is_pre = student.options["transformer-preprocess"] == "n"

    def encode(self, source: list[int]) -> Matrix:
        """(S, M)"""
        table = self.tensors["Wemb" if "Wemb" in self.tensors else "encoder_Wemb"]
        x = self._enter("encoder", table[source])
        for i in range(1, self.options["enc-depth"] + 1):
            layer = f"encoder_l{i}"
            x = self._sublayer(x, f"{layer}_self_Wo", partial(self._self, prefix=f"{layer}_self"))
            x = self._feed_forward(x, f"{layer}_ffn")
        return self._top(x, "encoder")

    def decode(self, source: list[int], target: list[int]) -> tuple[Matrix, list[Matrix]]:
        """Logits after the start and after each of `target`, (T + 1, V).

        With them, cross-attention per layer, (H, T + 1, S).
        """
        encoded = self.encode(source)
        table = self.tensors["Wemb" if "Wemb" in self.tensors else "decoder_Wemb"]
        start = np.zeros((1, self.width))
        x = self._enter("decoder", np.concatenate([start, table[np.array(target, dtype=int)]]))
        maps: list[Matrix] = []
        for i in range(1, self.options["dec-depth"] + 1):
            layer = f"decoder_l{i}"
            x = self._mix(x, layer)
            cross = partial(self._cross, encoded=encoded, prefix=f"{layer}_context", maps=maps)
            x = self._sublayer(x, f"{layer}_context_Wo", cross)
            x = self._feed_forward(x, f"{layer}_ffn")
        output = self.tensors.get("decoder_ff_logit_out_W", table.T)
        return self._top(x, "decoder") @ output + self.tensors["decoder_ff_logit_out_b"], maps

    def greedy(
        self,
        source: list[int],
        max_tokens: int,
        allowed: Collection[int] | None = None,
        copy_bias: float = 0.0,
        inner_pieces: Collection[int] = (),
    ) -> list[int]:
        """The likeliest token of `allowed` (None: all) at every step, up to the end token.

        `copy_bias`: how much more those score that stand in the source behind the last token; `inner_pieces`
        are possible nowhere else, and nothing else is where they alone stand.
        """
        target: list[int] = []
        while len(target) < max_tokens and (not target or target[-1] != EOS):
            scores = self.decode(source, target)[0][-1]
            following = continuations(source, target)
            scores[following] += copy_bias
            scores[sorted(set(inner_pieces) - set(following))] = -np.inf
            if following and set(following) <= set(inner_pieces):
                scores[sorted(set(range(len(scores))) - set(following))] = -np.inf
            if allowed is not None:
                banned = np.ones(len(scores), dtype=bool)
                banned[list(allowed)] = False
                scores = np.where(banned, -np.inf, scores)
            target.append(int(scores.argmax()))
        return target

    def _enter(self, stack: str, embeddings: Matrix) -> Matrix:
        half = self.width // 2
        x: Matrix = embeddings * np.sqrt(self.width)
        for position in range(len(x)):
            for i in range(half):
                angle = position * 10000.0 ** (-i / (half - 1))
                x[position, i] += np.sin(angle)
                x[position, half + i] += np.cos(angle)
        if self.options["transformer-postprocess-emb"] == "n":
            x = self._norm(x, f"{stack}_emb", "_pre")
        return x

    def _top(self, x: Matrix, stack: str) -> Matrix:
        return self._norm(x, f"{stack}_top") if self.options["transformer-postprocess-top"] == "n" else x

    def _sublayer(self, x: Matrix, norm: str, function: Callable[[Matrix], Matrix]) -> Matrix:
        if self.is_pre:
            return x + function(self._norm(x, norm, "_pre"))
        return self._norm(x + function(x), norm)

    def _norm(self, x: Matrix, prefix: str, suffix: str = "") -> Matrix:
        centred = x - x.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-9)
        scale, bias = self.tensors[f"{prefix}_ln_scale{suffix}"], self.tensors[f"{prefix}_ln_bias{suffix}"]
        result: Matrix = centred / deviation * scale + bias
        return result

    def _affine(self, x: Matrix, weight: str, bias: str) -> Matrix:
        return x @ self.tensors[weight] + self.tensors[bias]

    def _feed_forward(self, x: Matrix, prefix: str) -> Matrix:
        def apply(y: Matrix) -> Matrix:
            hidden = np.maximum(self._affine(y, f"{prefix}_W1", f"{prefix}_b1"), 0)
            return self._affine(hidden, f"{prefix}_W2", f"{prefix}_b2")

        return self._sublayer(x, f"{prefix}_ffn", apply)

    def _mix(self, x: Matrix, layer: str) -> Matrix:
        if self.options["transformer-decoder-autoreg"] == "rnn":
            norm = f"{layer}_rnn" if self.is_pre else f"{layer}_rnn_ffn"
            return self._sublayer(x, norm, partial(self._ssru, prefix=f"{layer}_rnn"))
        causal = partial(self._self, prefix=f"{layer}_self", is_causal=True)
        return self._sublayer(x, f"{layer}_self_Wo", causal)

    def _cross(self, x: Matrix, encoded: Matrix, prefix: str, maps: list[Matrix]) -> Matrix:
        mixed, weights = self._attention(x, encoded, prefix, np.zeros((len(x), len(encoded))))
        maps.append(weights)
        return mixed

    def _self(self, x: Matrix, prefix: str, *, is_causal: bool = False) -> Matrix:
        mask = np.triu(np.full((len(x), len(x)), -np.inf), 1) if is_causal else np.zeros((len(x), len(x)))
        return self._attention(x, x, prefix, mask)[0]

    def _attention(self, x: Matrix, y: Matrix, prefix: str, mask: Matrix) -> tuple[Matrix, Matrix]:
        heads = self.options["transformer-heads"]
        size = self.width // heads
        q = self._affine(x, f"{prefix}_Wq", f"{prefix}_bq")
        k = self._affine(y, f"{prefix}_Wk", f"{prefix}_bk")
        v = self._affine(y, f"{prefix}_Wv", f"{prefix}_bv")
        mixed, maps = np.empty_like(q), []
        for h in range(heads):
            part = slice(h * size, (h + 1) * size)
            scores = q[:, part] @ k[:, part].T / np.sqrt(size) + mask
            weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
            weights /= weights.sum(axis=-1, keepdims=True)
            mixed[:, part] = weights @ v[:, part]
            maps.append(weights)
        return self._affine(mixed, f"{prefix}_Wo", f"{prefix}_bo"), np.stack(maps)

    def _ssru(self, x: Matrix, prefix: str) -> Matrix:
        forget = 1 / (1 + np.exp(-self._affine(x, f"{prefix}_Wf", f"{prefix}_bf")))
        candidate = x @ self.tensors[f"{prefix}_W"]
        cell, cells = np.zeros(self.width), []
        for f, c in zip(forget, candidate, strict=True):
            cell = f * cell + (1 - f) * c
            cells.append(cell)
        states: Matrix = np.maximum(np.stack(cells), 0)
        return states
