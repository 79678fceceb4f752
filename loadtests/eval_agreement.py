"""How often an int8 model decides as it does in float32.

    python -m loadtests.eval_agreement starter/en-pt
    python -m loadtests.eval_agreement starter/en-pt --sources flores.en --references flores.pt

Without `--sources` a thousand short everyday sentences in English are taken. Printed are the share of
positions where int8 picks float32's token when float32's own output is what it reads (teacher-forced), the
share of whole sentences that come out the same in greedy search, and with references the BLEU of both. They
differ by chance, too: p is how likely so large a difference were if neither was better, by paired bootstrap
resampling (Koehn 2004).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from sacrebleu import BLEU
from sacrebleu.significance import PairedTest, Result

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.engine.rows.ragged_batch import RaggedBatch
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.sequence import Sequence as EngineSequence
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.native.kernels import load_kernels
from loadtests.arguments import parser_of
from loadtests.everyday_sentences import everyday_sentences
from loadtests.machine import describe_machine

GREEDY = GenerationParams(num_beams=1, do_sample=False)
BATCH = 64


def greedy_outputs(loaded: LoadedModel, sources: Sequence[list[int]]) -> list[list[int]]:
    """What comes out of each, the end included."""
    engine = loaded.make_engine(SchedulerConfig(max_slots=BATCH))
    outputs = engine.generate([GenerationRequest(source_ids=ids, params=GREEDY) for ids in sources])
    return [output.token_ids for output in outputs]


def forced_picks(
    runner: ModelRunner, sources: Sequence[list[int]], targets: Sequence[list[int]]
) -> list[list[int]]:
    """The likeliest token at each position of the targets, every position reading the target before it."""
    picks: list[list[int]] = [[] for _ in targets]
    for first in range(0, len(sources), BATCH):
        indices = range(first, min(first + BATCH, len(sources)))
        for index, token in _forced_batch(runner, sources, targets, indices):
            picks[index].append(token)
    return picks


def _forced_batch(
    runner: ModelRunner, sources: Sequence[list[int]], targets: Sequence[list[int]], indices: range
) -> Iterator[tuple[int, int]]:
    """Which source, and what it picks, position by position."""
    sequences = {
        index: EngineSequence(request=GenerationRequest(source_ids=sources[index]), arrival_s=0.0)
        for index in indices
    }
    index_of = {id(sequence): index for index, sequence in sequences.items()}
    runner.join(list(sequences.values()))
    place = 0
    while runner.batches:
        (batch,) = runner.batches
        assert isinstance(batch, RaggedBatch)
        rows = [index_of[id(sequence)] for sequence in batch.sequences]
        tokens, _ = batch.decode().best()
        yield from zip(rows, tokens, strict=True)
        batch.advance([[targets[index][place]] for index in rows], None)
        place += 1
        runner.leave([sequences[index] for index in rows if len(targets[index]) == place])


def share_equal(found: Sequence[object], expected: Sequence[object]) -> float:
    """Of two lists, entry by entry."""
    return sum(a == b for a, b in zip(found, expected, strict=True)) / len(expected)


def agreement(
    whole: LoadedModel, int8: LoadedModel, texts: Sequence[str]
) -> tuple[float, float, list[str], list[str]]:
    """The shares of positions and of sentences, and the translations of both."""
    sources = [whole.tokenizer.encode_source(text) for text in texts]
    expected, found = greedy_outputs(whole, sources), greedy_outputs(int8, sources)
    runner = ModelRunner(int8.model, dtype=torch.float32, shortlist=int8.shortlist, copying=int8.copying)
    picks = forced_picks(runner, sources, expected)
    positions = share_equal([t for row in picks for t in row], [t for row in expected for t in row])
    decoded = [[whole.tokenizer.decode(ids) for ids in side] for side in (expected, found)]
    return positions, share_equal(found, expected), decoded[0], decoded[1]


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = parser_of(__doc__)
    parser.add_argument("model", help="a starter, a folder or a Hub id")
    parser.add_argument("--sources", type=Path, help="a sentence a line")
    parser.add_argument("--references", type=Path, help="their translations, for BLEU")
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    texts = _lines(options.sources)[: options.limit] if options.sources else everyday_sentences(options.limit)
    print(describe_machine(("crosslate", "torch")), flush=True)
    kernels = load_kernels()
    print(f"kernels: {'none' if kernels is None else kernels.isa}")
    started = time.perf_counter()
    whole, int8 = (load_model(options.model, dtype=dtype) for dtype in ("float32", "int8"))
    positions, sentences, expected, found = agreement(whole, int8, texts)
    print(
        f"{options.model}, {len(texts)} sentences: int8 picks float32's token at {100 * positions:.2f} % of"
        f" positions, {100 * sentences:.1f} % of sentences are equal ({time.perf_counter() - started:.0f} s)"
    )
    if options.references:
        print(_bleu_of_both(expected, found, _lines(options.references)[: len(texts)]))


def _bleu_of_both(whole: Sequence[str], int8: Sequence[str], references: Sequence[str]) -> str:
    metrics = {"BLEU": BLEU(references=[references])}
    test = PairedTest([("float32", whole), ("int8", int8)], metrics, references=None, test_type="bs")
    first, second = (result for result in test()[1]["BLEU"] if isinstance(result, Result))
    return f"BLEU: float32 {first.score:.2f}, int8 {second.score:.2f}, p = {second.p_value:.2f}"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    main()
