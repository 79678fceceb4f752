"""A deterministic engine and tokenizer: the "translation" of a text is its words, reversed if wanted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable

import numpy as np

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.arrays import FloatArray
from crosslate.models.engine.request import (
    AlignmentRequest,
    AttentionSelection,
    FinishReason,
    GenerationOutput,
    GenerationRequest,
    Hypothesis,
)
from crosslate.models.errors import DeadlineExceededError, EngineError, InvalidParamsError, QueueFullError
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, Tokenizer
from crosslate.service.pipeline.engines.served_model import ServedModel

EOS = 0
NUM_LAYERS, NUM_HEADS = 2, 3
MAX_TARGET_TOKENS = 512


class FakeTokenizer(Tokenizer):
    """Words are tokens; ids are given out in the order of appearance and shared by both sides."""

    unknown_token_id: int | None = None

    def __init__(self) -> None:
        self._pieces = ["</s>"]
        self._ids = {"</s>": EOS}
        self.forced_bos: dict[str, int] = {}

    def encode_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> list[int]:
        return self._tokenize(text).ids

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        return self._tokenize(text)

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        return self._tokenize(text)

    def forced_bos_token_id(self, target_lang: str | None) -> int | None:
        return self.forced_bos.get(target_lang or "")

    def decode(self, token_ids: list[int]) -> str:
        return self.detokenize(token_ids).text

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        pieces = [self._pieces[i] for i in token_ids]
        spans: list[Span | None] = []
        text = ""
        for token_id, piece in zip(token_ids, pieces, strict=True):
            if token_id == EOS:
                spans.append(None)
                continue
            text += " " if text else ""
            spans.append((len(text), len(text) + len(piece)))
            text += piece
        return TokenizedText(text, list(token_ids), pieces, spans)

    def _tokenize(self, text: str) -> TokenizedText:
        matches = list(re.finditer(r"[\w'-]+|[^\w\s]", text))
        pieces = [match.group() for match in matches]
        spans: list[Span | None] = [match.span() for match in matches]
        return TokenizedText(text, [*map(self.token_id, pieces), EOS], [*pieces, "</s>"], [*spans, None])

    def token_id(self, piece: str) -> int:
        if piece not in self._ids:
            self._ids[piece] = len(self._pieces)
            self._pieces.append(piece)
        return self._ids[piece]


def copied(ids: list[int]) -> list[int]:
    return ids


def reversed_words(ids: list[int]) -> list[int]:
    return [*reversed(ids[:-1]), EOS]


class FakeEngine:
    """Answers with `translate(source_ids)`; attends from each target token to the equal source token.

    Ranks beyond the first have one word less each. `failures` are raised first, one a call.
    """

    def __init__(self, translate: Callable[[list[int]], list[int]] = copied) -> None:
        self.translate = translate
        self.requests: list[GenerationRequest] = []
        self.pairs: list[AlignmentRequest] = []
        self.timeouts: list[float | None] = []
        self.failures: list[EngineError] = []
        self.finish_reason = FinishReason.STOP
        self.gate: asyncio.Event | None = None
        self.num_cancelled = 0
        self.num_running = 0
        self.most_running = 0

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        self.requests.append(request)
        self.timeouts.append(timeout_s)
        if self.failures:
            raise self.failures.pop(0)
        self.num_running += 1
        self.most_running = max(self.most_running, self.num_running)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
        except asyncio.CancelledError:
            self.num_cancelled += 1
            raise
        finally:
            self.num_running -= 1
        return self._output(request)

    async def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        output = await self.generate(request, timeout_s=timeout_s)
        if request.params.num_beams in {None, 1}:
            for token_id in output.token_ids:
                yield [token_id]
                await asyncio.sleep(0)
        yield output

    async def align(self, request: AlignmentRequest, *, timeout_s: float | None = None) -> FloatArray:
        self.pairs.append(request)
        if self.failures:
            raise self.failures.pop(0)
        return attention(request.source_ids, request.target_ids, request.attention)

    def _output(self, request: GenerationRequest) -> GenerationOutput:
        ids = self.translate(request.source_ids)
        hypotheses = tuple(
            Hypothesis(
                token_ids=(hypothesis := [*ids[: max(len(ids) - 1 - rank, 0)], EOS]),
                score=-0.5 - rank,
                finish_reason=self.finish_reason,
                attention=None
                if request.attention is None
                else attention(request.source_ids, hypothesis, request.attention),
            )
            for rank in range(request.params.num_return_sequences or 1)
        )
        return GenerationOutput(
            request_id=request.request_id, finish_reason=self.finish_reason, hypotheses=hypotheses
        )


def attention(source_ids: list[int], target_ids: list[int], selection: AttentionSelection) -> FloatArray:
    """0.7 on the equal source token, 0.2 on the end token, the rest even."""
    weights = np.full((len(target_ids), len(source_ids)), 0.1 / len(source_ids), dtype=np.float32)
    for t, token_id in enumerate(target_ids):
        weights[t, source_ids.index(token_id) if token_id in source_ids else -1] += 0.7
        weights[t, -1] += 0.2
    if selection.layer is not None:
        return weights
    return np.broadcast_to(weights, (NUM_LAYERS, NUM_HEADS, *weights.shape)).copy()


def served_model(
    model_id: str = "toy",
    pairs: tuple[tuple[str, str], ...] = (("en", "pt"),),
    *,
    engine: FakeEngine | None = None,
    max_source_tokens: int = 64,
    max_piece_tokens: int | None = None,
) -> ServedModel:
    return ServedModel(
        id=model_id,
        task="translation",
        family="fake",
        pairs=pairs,
        tokenizer=FakeTokenizer(),
        engine=engine or FakeEngine(),
        max_source_tokens=max_source_tokens,
        max_target_tokens=MAX_TARGET_TOKENS,
        max_piece_tokens=max_piece_tokens,
        alignment=AlignmentConfig(layer=1, heads=(0,), row="output"),
        num_layers=NUM_LAYERS,
        num_heads=NUM_HEADS,
    )


SECOND_TRY_FAILURES = [
    DeadlineExceededError(),
    InvalidParamsError("no token is possible"),
    QueueFullError(num_waiting=9, retry_after_s=60),
]


class FailingSecondTry(FakeEngine):
    """Answers once; then it raises."""

    def __init__(self, translate: Callable[[list[int]], list[int]], error: Exception) -> None:
        super().__init__(translate)
        self.error = error

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        if self.requests:
            raise self.error
        return await super().generate(request, timeout_s=timeout_s)


def looping(ids: list[int]) -> list[int]:
    return [*ids[:3] * 6, EOS]
