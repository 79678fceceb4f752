"""The engines that are compared, each as its own users run it: token ids in, token ids out."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol


class TokenEngine(Protocol):
    """One engine, loaded and ready."""

    def generate(self, sources: Sequence[Sequence[int]], num_beams: int, num_tokens: int) -> int:
        """Generate `num_tokens` for each source and return how many tokens that were."""
        ...


class Crosslate:
    """Engines as a replica of the service runs them: each with a batch and a thread of its own."""

    def __init__(self, folder: Path, num_engines: int, num_threads: int) -> None:
        """`num_threads` is of each engine."""
        from crosslate.models.engine.async_engine import AsyncEngine
        from crosslate.models.engine.engine_pool import EnginePool
        from crosslate.models.loading import load_model

        loaded = load_model(str(folder))
        self._pool = EnginePool(
            [AsyncEngine(loaded.make_engine(), num_threads=num_threads) for _ in range(num_engines)]
        )

    def generate(self, sources: Sequence[Sequence[int]], num_beams: int, num_tokens: int) -> int:
        """See `TokenEngine`."""
        return asyncio.run(self._generate(sources, num_beams, num_tokens))

    async def _generate(self, sources: Sequence[Sequence[int]], num_beams: int, num_tokens: int) -> int:
        from crosslate.models.engine.request import GenerationParams, GenerationRequest

        params = GenerationParams(num_beams=num_beams, max_new_tokens=num_tokens)
        requests = [GenerationRequest(source_ids=list(source), params=params) for source in sources]
        outputs = await asyncio.gather(*map(self._pool.generate, requests))
        return sum(len(output.token_ids) for output in outputs)


class CTranslate2:
    """`ctranslate2.Translator` in int8. It knows tokens by their names."""

    def __init__(self, folder: Path, vocabulary: Path, inter_threads: int, intra_threads: int) -> None:
        """`inter_threads` batches at once, on `intra_threads` threads each."""
        import json

        import ctranslate2

        self._inter_threads = inter_threads
        ids: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))
        self._tokens = {number: token for token, number in ids.items()}
        self._translator = ctranslate2.Translator(
            str(folder),
            device="cpu",
            compute_type="int8",
            inter_threads=inter_threads,
            intra_threads=intra_threads,
        )

    def generate(self, sources: Sequence[Sequence[int]], num_beams: int, num_tokens: int) -> int:
        """See `TokenEngine`."""
        results = self._translator.translate_batch(
            [[self._tokens[number] for number in source] for source in sources],
            beam_size=num_beams,
            max_decoding_length=num_tokens,
            max_batch_size=math.ceil(len(sources) / self._inter_threads),
        )
        return sum(len(result.hypotheses[0]) for result in results)


class Transformers:
    """`generate` in float32."""

    def __init__(self, folder: Path, num_threads: int) -> None:
        import torch
        from transformers import MarianMTModel
        from transformers.utils import logging

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        torch.set_num_threads(num_threads)
        self._model: Any = MarianMTModel.from_pretrained(folder, dtype=torch.float32)

    def generate(self, sources: Sequence[Sequence[int]], num_beams: int, num_tokens: int) -> int:
        """See `TokenEngine`."""
        import torch

        with torch.inference_mode():
            ids = self._model.generate(
                input_ids=torch.tensor(sources), num_beams=num_beams, max_new_tokens=num_tokens
            )
        return int(ids.shape[0] * (ids.shape[1] - 1))  # the start token is not generated
