"""Whether a GPU writes what the CPU writes in float32."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.tokenizers.tokenizer import Tokenizer
from loadtests.random_models import Reference, our_engine, our_network

TIE = 1e-3
"""Scores (of magnitude 10) that differ by less are one: float32 sums in another order differ by some 1e-5."""
MAX_CHRF_LOSS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What is translated, and how."""

    sources: list[list[int]]
    params: GenerationParams
    tokenizer: Tokenizer | None = None
    references: list[str] | None = None
    """Human translations, to see whether less precision costs quality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How the outputs of two runs compare."""

    num_equal: int
    num_ties: int
    """Outputs that part where two tokens score the same."""
    num_wrong: int

    def __str__(self) -> str:
        total = self.num_equal + self.num_ties + self.num_wrong
        return f"{self.num_equal} of {total} equal, {self.num_ties} part at a tie, {self.num_wrong} wrong"


def check(reference: Reference, corpus: Corpus, device: torch.device, half: torch.dtype) -> bool:
    """Print the comparison; whether all is as it should be."""
    on_cpu = _outputs(reference, corpus, torch.float32, torch.device("cpu"), is_static=False)
    full = _outputs(reference, corpus, torch.float32, device, is_static=True)
    parity = compare(reference, corpus.sources, on_cpu, full)
    print(f"  float32 against the CPU: {parity}")
    reduced = _outputs(reference, corpus, half, device, is_static=True)
    num_same = sum(a == b for a, b in zip(on_cpu, reduced, strict=True))
    print(f"  {_name(half)} against it: {num_same} of {len(on_cpu)} equal")
    return parity.num_wrong == 0 and _keeps_quality(corpus, on_cpu, reduced, half)


def compare(
    reference: Reference, sources: list[list[int]], expected: list[list[int]], found: list[list[int]]
) -> Parity:
    """Two runs' outputs; where they part, the reference says how far apart the two tokens score."""
    gaps = [
        _gap(reference, source, ours, theirs)
        for source, ours, theirs in zip(sources, expected, found, strict=True)
    ]
    num_equal = sum(gap is None for gap in gaps)
    num_ties = sum(gap is not None and gap < TIE for gap in gaps)
    return Parity(num_equal=num_equal, num_ties=num_ties, num_wrong=len(gaps) - num_equal - num_ties)


@torch.inference_mode()
def _gap(reference: Reference, source: list[int], expected: list[int], found: list[int]) -> float | None:
    """The difference of the scores of the first two tokens that differ; None where all are equal."""
    if expected == found:
        return None
    place = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
    if place is None:
        return float("inf")  # one is the other's beginning: an end was missed
    start = reference.config.decoder_start_token_id
    logits = reference(
        input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([[start, *expected[:place]]])
    ).logits[0, -1]
    return abs(float(logits[expected[place]] - logits[found[place]]))


def _outputs(
    reference: Reference, corpus: Corpus, dtype: torch.dtype, device: torch.device, *, is_static: bool
) -> list[list[int]]:
    """Token ids of every source; with fewer slots than sources, so that rows come and go."""
    engine: Engine = our_engine(
        our_network(reference, dtype),
        dtype=dtype,
        device=device,
        max_slots=max(1, min(64, len(corpus.sources) // 2)),
        is_static=is_static,
    )
    requests = [GenerationRequest(source_ids=source, params=corpus.params) for source in corpus.sources]
    outputs = engine.generate(requests)
    if failed := [output.error for output in outputs if output.error is not None]:
        raise RuntimeError(f"{len(failed)} of {len(outputs)} requests failed: {failed[0]}")
    return [output.token_ids for output in outputs]


def _keeps_quality(
    corpus: Corpus, full: list[list[int]], reduced: list[list[int]], half: torch.dtype
) -> bool:
    if corpus.tokenizer is None or corpus.references is None:
        return True
    import sacrebleu

    decode = corpus.tokenizer.decode
    before, after = (
        sacrebleu.corpus_chrf([decode(ids) for ids in outputs], [corpus.references]).score
        for outputs in (full, reduced)
    )
    print(f"  chrF: float32 {before:.2f}, {_name(half)} {after:.2f}")
    return bool(before - after <= MAX_CHRF_LOSS)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def read_lines(path: Path) -> list[str]:
    """The lines of a text file."""
    return path.read_text(encoding="utf-8").splitlines()
